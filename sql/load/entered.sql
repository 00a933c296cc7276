-- Whether a batch's newest entry says that it is in staging tables of its own, filled since an instant.
SELECT
  staging = @batch_id AND loaded_at >= @since AS is_staged
FROM
  ${ops}.batches
WHERE
  batch_id = @batch_id
QUALIFY
  ROW_NUMBER() OVER (ORDER BY loaded_at DESC, table_name, business_unit) = 1
