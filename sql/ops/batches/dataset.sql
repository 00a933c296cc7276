-- The dataset of a batch.
SELECT DISTINCT
  dataset
FROM
  ${ops}.batches
WHERE
  batch_id = @batch_id
