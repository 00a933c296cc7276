-- Settles everything that waits for a dataset, as one transaction.
DECLARE settling STRUCT<
  version INT64,
  batches ARRAY<STRUCT<batch_id STRING, business_unit STRING>>,
  held ARRAY<STRUCT<batch_id STRING, business_unit STRING, row_count INT64, removed INT64, reason STRING>>,
  withdrawals ARRAY<STRING>,
  requests ARRAY<STRING>
>;
DECLARE outcome STRUCT<
  days ARRAY<DATE>,
  counts ARRAY<STRUCT<table_name STRING, batch_id STRING, business_unit STRING, kept INT64, superseded INT64>>,
  is_restoring BOOL
>;
DECLARE moved_days ARRAY<DATE>;
DECLARE moved_from DATE;
DECLARE moved_to DATE;
DECLARE is_due BOOL DEFAULT FALSE;

BEGIN TRANSACTION;

SET settling = (
${settling}
);
IF settling.version IS NULL THEN
  RAISE USING MESSAGE = 'no version 0 in ${log}';
END IF;
SET is_due = @every_day OR ARRAY_LENGTH(settling.batches) + ARRAY_LENGTH(settling.held)
  + ARRAY_LENGTH(settling.withdrawals) + ARRAY_LENGTH(settling.requests) > 0;

IF is_due THEN
  -- The lock: it changes one row of the log, always, so of two transactions one is cancelled.
  UPDATE ${log} SET replaced_at = CURRENT_TIMESTAMP() WHERE version = settling.version - 1;

${decisions}

  SET outcome = (
${outcome}
  );
  SET moved_days = outcome.days;
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
    settling.version,
    CURRENT_TIMESTAMP(),
    @run_id,
    @cause,
    ARRAY(
      SELECT day FROM UNNEST(moved_days) AS day
      UNION DISTINCT
      SELECT day FROM UNNEST(@requested_days) AS day
      ORDER BY day
    ),
    settling.batches,
    settling.held,
    settling.withdrawals,
    IF(@is_partial, [], settling.requests),
    @rules,
    @is_partial,
    outcome.counts;
END IF;

COMMIT TRANSACTION;

SELECT
  is_due,
  settling.version,
  settling.batches,
  settling.held,
  moved_days AS days,
  outcome.counts AS counts;
