-- One row a row whose ${column} is in no row of ${parent} of its day.
SELECT
  '${name}' AS check_name,
  '${address}' AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT('${column} ', CAST(child.${column} AS STRING)) AS found,
  ${row_key} AS row_key
FROM
  ${raw} AS child
LEFT JOIN
  ${parent} AS parent
  ON child.${day} = parent.${day}
  AND child.${column} = parent.id
  AND parent.${day} BETWEEN @from AND @to
WHERE
  child.${day} BETWEEN @from AND @to
  AND child.${day} IN UNNEST(@days)
  AND child.${column} IS NOT NULL
  AND parent.id IS NULL
