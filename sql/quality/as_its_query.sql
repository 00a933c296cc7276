-- One row a column of a row of ${address} that is not what its query gives on the mart's inputs, and
-- one, as column *, a row too many or too few. Days that the mart has yet to rebuild are not looked at.
WITH
behind AS (
${behind}
),
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
compared AS (
  SELECT
    ${key},
    COUNTIF(side = 'stored') AS stored,
    COUNTIF(side = 'made') AS made,
    [
      STRUCT(
        '*' AS name,
        CAST(COUNTIF(side = 'made') AS STRING) AS expected,
        CAST(COUNTIF(side = 'stored') AS STRING) AS found
      ),
${compared_columns}
    ] AS compared_columns
  FROM
    sides
  WHERE
    ${is_up_to_date}
  GROUP BY
    ${key}
)
SELECT
  'as its query' AS check_name,
  '${address}' AS subject,
  CAST(NULL AS STRING) AS status,
  COALESCE(different.expected, 'NULL') AS expected,
  COALESCE(different.found, 'NULL') AS found,
  CONCAT(${row_key}, ', column ', different.name) AS row_key
FROM
  compared
CROSS JOIN
  UNNEST(compared.compared_columns) AS different
WHERE
  different.expected IS DISTINCT FROM different.found
  AND (different.name = '*' OR (compared.stored = 1 AND compared.made = 1))
