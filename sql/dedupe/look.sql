-- What waits for a dataset, and the versions that a message asks about: the newest, and those of its
-- batch. A hint that names the staging tables: the transaction decides anew what waits.
WITH
${waiting}
SELECT
  waiting.kind,
  waiting.id,
  waiting.batch_id,
  waiting.every_day,
  ARRAY_CONCAT(
    COALESCE(waiting.days, []),
    IF(waiting.kind IN ('confirm', 'withdrawal'), COALESCE(entered.days, []), [])
  ) AS days,
  waiting.refilled,
  entered.table_name,
  entered.manifest_uri,
  entered.staging,
  entered.event_id,
  entered.run_id,
  entered.staged,
  entered.loaded_at,
  entered.pulled_at,
  NULL AS version,
  NULL AS rules,
  NULL AS kept,
  NULL AS superseded,
  NULL AS held,
  FALSE AS is_answer
FROM
  waiting
LEFT JOIN
  answered
  ON waiting.id = answered.id
LEFT JOIN
  entered
  ON waiting.batch_id = entered.batch_id
  AND waiting.kind IN ('batch', 'confirm', 'withdrawal')
WHERE
  answered.id IS NULL
UNION ALL
SELECT
  'version' AS kind,
  NULL AS id,
  NULL AS batch_id,
  log.is_partial AS every_day,
  log.days,
  NULL AS refilled,
  NULL AS table_name,
  NULL AS manifest_uri,
  NULL AS staging,
  NULL AS event_id,
  NULL AS run_id,
  ARRAY_LENGTH(log.settled) AS staged,
  NULL AS loaded_at,
  log.committed_at AS pulled_at,
  log.version,
  log.rules,
  (SELECT SUM(entry.kept) FROM UNNEST(log.counts) AS entry WHERE entry.batch_id = @asked_batch) AS kept,
  (SELECT SUM(entry.superseded) FROM UNNEST(log.counts) AS entry WHERE entry.batch_id = @asked_batch) AS superseded,
  (SELECT COUNT(*) FROM UNNEST(log.held) AS entry WHERE entry.batch_id = @asked_batch) AS held,
  EXISTS (SELECT 1 FROM UNNEST(log.settled) AS taken WHERE taken.batch_id = @asked_batch) AS is_answer
FROM
  ${log} AS log
WHERE
  log.replaced_at IS NULL
  OR EXISTS (SELECT 1 FROM UNNEST(log.settled) AS taken WHERE taken.batch_id = @asked_batch)
