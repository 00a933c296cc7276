-- Settles everything that waits for a dataset, as one transaction.
DECLARE settling STRUCT<
  version INT64,
  batches ARRAY<STRUCT<batch_id STRING, business_unit STRING>>,
  held ARRAY<STRUCT<batch_id STRING, business_unit STRING, row_count INT64, removed INT64, reason STRING>>,
  withdrawals ARRAY<STRING>,
  requests ARRAY<STRING>
>;
DECLARE new_version INT64;
DECLARE new_batches ARRAY<STRUCT<batch_id STRING, business_unit STRING>>;
DECLARE new_held ARRAY<
  STRUCT<batch_id STRING, business_unit STRING, row_count INT64, removed INT64, reason STRING>
>;
DECLARE new_withdrawals ARRAY<STRING>;
DECLARE outcome STRUCT<
  days ARRAY<DATE>,
  counts ARRAY<STRUCT<table_name STRING, batch_id STRING, business_unit STRING, kept INT64, superseded INT64>>,
  is_restoring BOOL
>;
DECLARE moved_days ARRAY<DATE>;
DECLARE touched_days ARRAY<DATE>;
DECLARE moved_from DATE;
DECLARE moved_to DATE;
DECLARE is_restoring BOOL;
DECLARE is_due BOOL DEFAULT FALSE;

BEGIN TRANSACTION;

SET settling = (
${settling}
);
SET new_version = settling.version;
SET new_batches = settling.batches;
SET new_held = settling.held;
SET new_withdrawals = settling.withdrawals;
IF new_version IS NULL THEN
  RAISE USING MESSAGE = 'no version 0 in ${log}';
END IF;
SET is_due = @every_day OR ARRAY_LENGTH(new_batches) + ARRAY_LENGTH(new_held)
  + ARRAY_LENGTH(new_withdrawals) + ARRAY_LENGTH(settling.requests) > 0;

IF is_due THEN
  -- The lock: it changes one row of the log, always, so of two transactions one is cancelled.
  UPDATE ${log} SET replaced_at = CURRENT_TIMESTAMP() WHERE version = new_version - 1;

${decisions}

  SET outcome = (
${outcome}
  );
  SET moved_days = outcome.days;
  SET is_restoring = outcome.is_restoring;
  SET touched_days = ARRAY(
    SELECT day FROM UNNEST(moved_days) AS day
    UNION DISTINCT
    SELECT day FROM UNNEST(@requested_days) AS day
    ORDER BY day
  );
  SET moved_from = (SELECT MIN(day) FROM UNNEST(moved_days) AS day);
  SET moved_to = (SELECT MAX(day) FROM UNNEST(moved_days) AS day);

  IF moved_from IS NOT NULL THEN
${moves}
  END IF;

  INSERT INTO ${log} (
    version, committed_at, run_id, cause, days, settled, held, withdrawals, requests, rules,
    is_partial, counts
  )
  SELECT
    new_version,
    CURRENT_TIMESTAMP(),
    @run_id,
    @cause,
    touched_days,
    new_batches,
    new_held,
    new_withdrawals,
    IF(@is_partial, [], settling.requests),
    @rules,
    @is_partial,
    outcome.counts;
END IF;

COMMIT TRANSACTION;

SELECT
  is_due AS is_due,
  new_version AS version,
  new_batches AS batches,
  new_held AS held,
  touched_days AS days,
  outcome.counts AS counts;
