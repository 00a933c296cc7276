SELECT
  '${raw}' AS table_name,
  '${layer}' AS layer,
  ${day} AS day,
  ${unit} AS bu_key,
  COALESCE(CAST(${amount} AS FLOAT64), 0) AS amount
FROM
  ${table}
WHERE
  ${day} BETWEEN @from AND @to
