-- Withdraws a batch, or restores it, if there is such a batch; entered twice, it counts once.
INSERT INTO ${ops}.withdrawals (${columns})
SELECT DISTINCT
  @withdrawal_id,
  dataset,
  batch_id,
  @is_withdrawn,
  @why,
  @entered_by,
  @entered_at,
  @run_id
FROM
  ${ops}.batches
WHERE
  batch_id = @batch_id;

SELECT DISTINCT
  dataset
FROM
  ${ops}.batches
WHERE
  batch_id = @batch_id
