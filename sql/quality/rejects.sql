-- One row a batch of this run that has rejected rows.
SELECT DISTINCT
  'rows rejected' AS check_name,
  ledger.table_name AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT(CAST(ledger.rejected AS STRING), ' rows') AS found,
  CONCAT('batch ', ledger.batch_id) AS row_key
FROM
  settled_batches AS ledger
WHERE
  ledger.run_id = @run_id
  AND ledger.rejected > 0
