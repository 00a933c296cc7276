-- One row a batch, day, business unit and column of ${table_name} that is not what landed: the rows of
-- the raw table and the superseded ones together, against the fingerprints of all settled batches.
WITH
log_rows AS (
  SELECT settled, held FROM ${log}
),
settled AS (
  SELECT DISTINCT taken.batch_id
  FROM log_rows CROSS JOIN UNNEST(log_rows.settled) AS taken
  WHERE taken.business_unit IS NULL
),
-- Units of settled batches that stay outside until they are confirmed.
kept_out AS (
  SELECT unit.batch_id, unit.business_unit
  FROM log_rows CROSS JOIN UNNEST(log_rows.held) AS unit
  EXCEPT DISTINCT
  SELECT taken.batch_id, taken.business_unit
  FROM log_rows CROSS JOIN UNNEST(log_rows.settled) AS taken
),
landed AS (
  SELECT
    fingerprint.*
  FROM
    ${ops}.fingerprints AS fingerprint
  WHERE
    fingerprint.table_name = '${table_name}'
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY fingerprint.batch_id, fingerprint.day, fingerprint.business_unit
      ORDER BY fingerprint.entered_at DESC, fingerprint.batch_id
    ) = 1
),
-- Batches that landed rows before there were fingerprints.
unmeasured AS (
  SELECT DISTINCT entry.batch_id
  FROM ${ops}.batches AS entry
  LEFT JOIN landed ON entry.batch_id = landed.batch_id
  WHERE entry.table_name = '${table_name}' AND entry.loaded > 0 AND landed.batch_id IS NULL
),
expected_rows AS (
  SELECT
    landed.table_name,
    landed.batch_id,
    landed.day,
    landed.business_unit,
    measure.name,
    measure.filled,
    measure.total,
    measure.weighted,
    measure.least,
    measure.greatest
  FROM
    landed
  INNER JOIN
    settled
    ON landed.batch_id = settled.batch_id
  CROSS JOIN
    UNNEST(landed.measures) AS measure
  WHERE
    landed.day IN UNNEST(@days)
)
SELECT
  'as landed' AS check_name,
  '${table_name}' AS subject,
  CAST(NULL AS STRING) AS status,
  different.expected,
  different.found,
  CONCAT(
    'batch ', different.batch_id, ', day ', CAST(different.day AS STRING),
    COALESCE(CONCAT(', unit ', different.business_unit), ''), ', column ', different.name
  ) AS row_key
FROM (
${differences}
) AS different
LEFT JOIN
  kept_out
  ON different.batch_id = kept_out.batch_id
  AND different.business_unit = kept_out.business_unit
LEFT JOIN
  unmeasured
  ON different.batch_id = unmeasured.batch_id
WHERE
  kept_out.batch_id IS NULL
  AND unmeasured.batch_id IS NULL
