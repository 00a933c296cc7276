-- One row a key that a raw table, or its superseded rows, have more than once, and one a key of which
-- there is another that differs by blanks or case alone: two keys all the same.
WITH
keys AS (
  SELECT
    table_name,
    is_superseded,
    row_key,
    COUNT(*) AS row_count
  FROM
    stored_rows
  GROUP BY
    table_name,
    is_superseded,
    row_key
)
SELECT
  IF(is_superseded, 'superseded once', 'duplicate keys') AS check_name,
  table_name AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT(CAST(row_count AS STRING), ' rows of ', row_key) AS found,
  row_key
FROM
  keys
WHERE
  row_count > 1
UNION ALL
SELECT
  'keys alike' AS check_name,
  table_name AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT(MIN(row_key), ' and ', MAX(row_key)) AS found,
  MIN(row_key) AS row_key
FROM
  keys
WHERE
  NOT is_superseded
GROUP BY
  table_name,
  LOWER(REGEXP_REPLACE(row_key, r'\s', ''))
HAVING
  COUNT(*) > 1
