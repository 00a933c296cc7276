-- Where some batches came from.
SELECT DISTINCT
  batch_id,
  pulled_at,
  window_from,
  window_to,
  run_id,
  manifest_uri
FROM
  ${ops}.batches
WHERE
  batch_id IN UNNEST(@batches)
ORDER BY
  pulled_at
