-- One row a row that is more than once among the superseded ones.
SELECT
  'superseded once' AS check_name,
  '${address}' AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT(CAST(COUNT(*) AS STRING), ' rows') AS found,
  CONCAT('batch ', _batch_id, ' row ', CAST(_row AS STRING)) AS row_key
FROM
  ${superseded}
WHERE
  ${day} BETWEEN @from AND @to
  AND ${day} IN UNNEST(@days)
GROUP BY
  _batch_id,
  _row
HAVING
  COUNT(*) > 1
