-- How many newer pulls of a table are in the ledger: an older one must not replace them.
SELECT
  COUNT(*) AS newer
FROM
  ${ops}.batches
WHERE
  table_name = @table_name
  AND (pulled_at > @pulled_at OR (pulled_at = @pulled_at AND batch_id > @batch_id))
