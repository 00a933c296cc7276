-- The newest pull of a table in the ledger, in the order that decides everywhere.
SELECT
  batch_id,
  manifest_uri
FROM
  ${ops}.batches
WHERE
  table_name = @table_name
ORDER BY
  pulled_at DESC,
  batch_id DESC
LIMIT 1
