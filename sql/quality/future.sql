-- One row a lead that was created after its snapshot began.
SELECT
  'nothing from the future' AS check_name,
  'partyhelp_raw.leads' AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT('created_at ', CAST(created_at AS STRING)) AS found,
  CONCAT('sync_date ', CAST(sync_date AS STRING), ', id ', CAST(id AS STRING)) AS row_key
FROM
  ${partyhelp_raw}.leads
WHERE
  sync_date BETWEEN @from AND @to
  AND sync_date IN UNNEST(@days)
  AND created_at > TIMESTAMP_ADD(_pulled_at, INTERVAL 1 HOUR)
