-- How many rows of some batches did not fit their types.
SELECT
  batch_id,
  COUNT(*) AS row_count
FROM
  ${ops}.rejected_keys
WHERE
  batch_id IN UNNEST(@batches)
GROUP BY
  batch_id
ORDER BY
  batch_id
