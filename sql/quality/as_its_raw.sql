-- One row a column of a row of ${table_name} that its own `raw` doesn't say, and one, as column raw, a
-- row whose `raw` has none of its fields.
WITH
fields AS (
  SELECT
    CONCAT('batch ', stored._batch_id, ', day ', CAST(stored.${day} AS STRING), ', ', ${row_key}) AS row_key,
    ${columns},
    ${texts}
  FROM
    ${rows} AS stored
  WHERE
    stored.${day} BETWEEN @from AND @to
    AND stored.${day} IN UNNEST(${days})
),
compared AS (
  SELECT
    row_key,
    [
      STRUCT(
        'raw' AS name,
        ${is_empty} AS is_different,
        'the fields of the row' AS expected,
        'none of them' AS found
      ),
${comparisons}
    ] AS comparisons
  FROM
    fields
)
SELECT
  'as its raw' AS check_name,
  '${table_name}' AS subject,
  CAST(NULL AS STRING) AS status,
  COALESCE(comparison.expected, 'NULL') AS expected,
  COALESCE(comparison.found, 'NULL') AS found,
  CONCAT(compared.row_key, ', column ', comparison.name) AS row_key
FROM
  compared
CROSS JOIN
  UNNEST(compared.comparisons) AS comparison
WHERE
  comparison.is_different
