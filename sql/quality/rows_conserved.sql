-- One row a batch and table, settled in the days given, whose counts don't add up to its rows.
WITH
log_rows AS (
${log_rows}
),
settled AS (
  SELECT
    taken.batch_id
  FROM
    log_rows
  CROSS JOIN
    UNNEST(log_rows.settled) AS taken
  WHERE
    ARRAY_LENGTH(log_rows.held) = 0
    AND (SELECT MIN(touched) FROM UNNEST(log_rows.days) AS touched) >= @from
    AND (SELECT MAX(touched) FROM UNNEST(log_rows.days) AS touched) <= @to
),
stored AS (
  SELECT
    table_name,
    _batch_id,
    COUNT(*) AS row_count
  FROM
    (SELECT DISTINCT table_name, _batch_id, _row FROM stored_rows)
  GROUP BY
    table_name,
    _batch_id
)
SELECT DISTINCT
  'rows conserved' AS check_name,
  ledger.table_name AS subject,
  CAST(NULL AS STRING) AS status,
  CONCAT(CAST(ledger.loaded AS STRING), ' loaded rows') AS expected,
  CONCAT(
    CAST(COALESCE(stored.row_count, 0) AS STRING), ' kept or superseded, ',
    CAST(ledger.fetched AS STRING), ' fetched, ',
    CAST(ledger.landed AS STRING), ' landed, ',
    CAST(ledger.rejected AS STRING), ' rejected'
  ) AS found,
  CONCAT('batch ', ledger.batch_id) AS row_key
FROM
  ${ops}.batches AS ledger
LEFT JOIN
  stored
  ON ledger.table_name = stored.table_name
  AND ledger.batch_id = stored._batch_id
WHERE
  ledger.batch_id IN (SELECT batch_id FROM settled)
  AND (
    ledger.fetched != ledger.landed
    OR ledger.landed != ledger.loaded + ledger.rejected
    OR ledger.loaded != COALESCE(stored.row_count, 0)
  )
