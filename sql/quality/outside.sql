SELECT
  entry.check_name,
  entry.subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  entry.found,
  entry.row_key
FROM
  UNNEST(@${name}) AS entry
