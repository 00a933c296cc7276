-- One row a key that the raw table has more than once.
SELECT
  'duplicate keys' AS check_name,
  '${address}' AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT(CAST(COUNT(*) AS STRING), ' rows of ', ${row_key}) AS found,
  ${row_key} AS row_key
FROM
  ${raw} AS current_rows
WHERE
  current_rows.${day} BETWEEN @from AND @to
  AND current_rows.${day} IN UNNEST(@days)
GROUP BY
  ${keys}
HAVING
  COUNT(*) > 1
