-- CTEs: the batches, requests and withdrawals of a dataset that wait, and how each batch was entered.
settled AS (
  SELECT
    taken.batch_id,
    log.days
  FROM
    ${log} AS log
  CROSS JOIN
    UNNEST(log.settled) AS taken
  WHERE
    taken.business_unit IS NULL
),
entered AS (
  SELECT
    batch_id,
    table_name,
    manifest_uri,
    staging,
    event_id,
    run_id,
    landed AS staged,
    loaded_at,
    pulled_at,
    days
  FROM
    ${ops}.batches
  WHERE
    dataset = @dataset
  QUALIFY
    ROW_NUMBER() OVER (PARTITION BY batch_id, table_name ORDER BY loaded_at DESC) = 1
),
${answered},
waiting AS (
  SELECT
    'batch' AS kind,
    entered.batch_id AS id,
    entered.batch_id,
    FALSE AS every_day,
    entered.days,
    NULL AS refilled
  FROM
    entered
  LEFT JOIN
    settled
    ON entered.batch_id = settled.batch_id
  WHERE
    settled.batch_id IS NULL
  UNION ALL
  SELECT
    entry.kind,
    entry.request_id AS id,
    entry.batch_id,
    entry.every_day,
    entry.days,
    entry.staging AS refilled
  FROM
    ${ops}.requests AS entry
  WHERE
    entry.name = @log
  UNION ALL
  SELECT
    'withdrawal' AS kind,
    entry.withdrawal_id AS id,
    entry.batch_id,
    FALSE AS every_day,
    settled.days,
    NULL AS refilled
  FROM
    ${ops}.withdrawals AS entry
  LEFT JOIN
    settled
    ON entry.batch_id = settled.batch_id
  WHERE
    entry.dataset = @dataset
)
