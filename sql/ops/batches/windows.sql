-- The windows of a dataset that batches cover, by business unit (NULL: all of them).
SELECT DISTINCT
  business_unit,
  window_from,
  window_to
FROM ${ops}.batches
WHERE dataset = @dataset
