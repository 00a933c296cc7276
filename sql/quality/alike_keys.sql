-- One row a key of which there is another that differs by blanks or case alone: two keys all the same.
SELECT
  'keys alike' AS check_name,
  '${address}' AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT(MIN(${row_key}), ' and ', MAX(${row_key})) AS found,
  MIN(${row_key}) AS row_key
FROM
  ${raw} AS current_rows
WHERE
  current_rows.${day} BETWEEN @from AND @to
  AND current_rows.${day} IN UNNEST(@days)
GROUP BY
  LOWER(REGEXP_REPLACE(${row_key}, r'\s', ''))
HAVING
  COUNT(DISTINCT ${row_key}) > 1
