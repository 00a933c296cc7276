-- The fingerprints of ${table_name}'s rows as they are now: one row a batch, day, unit and column.
SELECT
  '${table_name}' AS table_name,
  found.batch_id,
  found.day,
  found.business_unit,
  measure.name,
  measure.filled,
  measure.total,
  measure.weighted,
  measure.least,
  measure.greatest
FROM
  (
    SELECT
      _batch_id AS batch_id,
      ${day} AS day,
      ${business_unit} AS business_unit,
      [
${measures}
      ] AS measures
    FROM
      (
${rows}
      )
    GROUP BY
      batch_id,
      day,
      business_unit
  ) AS found
CROSS JOIN
  UNNEST(found.measures) AS measure
