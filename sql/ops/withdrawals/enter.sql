-- Enters a withdrawal, or the withdrawal of one; entered twice, it counts once.
INSERT INTO ${ops}.withdrawals (${columns})
VALUES (
  @withdrawal_id, @dataset, @batch_id, @is_withdrawn, @why, @entered_by, @entered_at, @run_id
)
