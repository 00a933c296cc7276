-- Brings a mart up to date with its inputs, all its tables at one instant, as one transaction.
DECLARE due STRUCT<
  version INT64,
  is_partial BOOL,
  cause STRING,
  days ARRAY<DATE>,
  inputs ARRAY<STRUCT<name STRING, version INT64>>,
  requests ARRAY<STRING>
>;
DECLARE counts ARRAY<
  STRUCT<table_name STRING, batch_id STRING, business_unit STRING, kept INT64, superseded INT64>
>;
DECLARE due_days ARRAY<DATE>;
DECLARE due_from DATE;
DECLARE due_to DATE;
DECLARE is_due BOOL DEFAULT FALSE;

${enter}
BEGIN TRANSACTION;

SET due = (
${due}
);
IF due.version IS NULL THEN
  RAISE USING MESSAGE = 'no version 0 in ${log}';
END IF;
SET due_days = due.days;
SET due_from = (SELECT MIN(day) FROM UNNEST(due_days) AS day);
SET due_to = (SELECT MAX(day) FROM UNNEST(due_days) AS day);
SET is_due = ARRAY_LENGTH(due_days) + ARRAY_LENGTH(due.requests) > 0;

IF is_due THEN
  -- The lock: it changes one row of the log, always, so of two transactions one is cancelled.
  UPDATE ${log} SET replaced_at = CURRENT_TIMESTAMP() WHERE version = due.version - 1;

${tables}

  SET counts = ARRAY(
${counts}
  );

  INSERT INTO ${log} (
    version, committed_at, run_id, cause, days, inputs, requests, rules, is_partial, counts
  )
  SELECT
    due.version,
    CURRENT_TIMESTAMP(),
    @run_id,
    due.cause,
    due_days,
    due.inputs,
    IF(due.is_partial, [], due.requests),
    @rules,
    due.is_partial,
    counts;
END IF;

COMMIT TRANSACTION;

SELECT
  IF(is_due, due.version, due.version - 1) AS version,
  is_due AND due.is_partial AS is_partial,
  due_days AS days,
  (SELECT COALESCE(SUM(entry.kept), 0) FROM UNNEST(counts) AS entry) AS row_count;
