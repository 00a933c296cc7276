-- One row a column of a row of ${address} that is not what its query gives on the mart's inputs, and
-- one, as column *, a row too many or too few. Days that the mart has yet to rebuild are not looked at.
WITH
sides AS (
  SELECT
    'stored' AS side,
    ${stored_columns},
    IF(log.version IS NULL, CONCAT('none of its log: ', COALESCE(CAST(stored._version AS STRING), 'NULL')), NULL) AS _version
  FROM
    ${table} AS stored
  LEFT JOIN
    ${log} AS log
    ON stored._version = log.version
  WHERE
    ${is_asked}
  UNION ALL
  SELECT 'made' AS side, ${columns}, CAST(NULL AS STRING) AS _version
  FROM (
${query}
  )
),
-- The columns of each row of either side; column * is the row itself.
rows_as_text AS (
  SELECT
    side,
    ${row_key} AS row_key,
    [
      STRUCT('*' AS name, CAST(NULL AS STRING) AS value),
${texts}
    ] AS texts
  FROM
    sides
  WHERE
    ${is_up_to_date}
),
compared AS (
  SELECT
    rows_as_text.row_key,
    text.name,
    COUNTIF(rows_as_text.side = 'made') AS made,
    COUNTIF(rows_as_text.side = 'stored') AS stored,
    MAX(IF(rows_as_text.side = 'made', text.value, NULL)) AS expected,
    MAX(IF(rows_as_text.side = 'stored', text.value, NULL)) AS found
  FROM
    rows_as_text
  CROSS JOIN
    UNNEST(rows_as_text.texts) AS text
  GROUP BY
    rows_as_text.row_key,
    text.name
)
SELECT
  'as its query' AS check_name,
  '${address}' AS subject,
  CAST(NULL AS STRING) AS status,
  IF(name = '*', CAST(made AS STRING), COALESCE(expected, 'NULL')) AS expected,
  IF(name = '*', CAST(stored AS STRING), COALESCE(found, 'NULL')) AS found,
  CONCAT(row_key, ', column ', name) AS row_key
FROM
  compared
WHERE
  IF(name = '*', made != stored, made = 1 AND stored = 1 AND expected IS DISTINCT FROM found)
