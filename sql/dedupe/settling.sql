-- What this version settles, of what the look has named: the waiting batches in the order of their
-- pulls up to the first that is held back, because those after it are judged by what it leaves.
WITH
${settled},
waiting AS (
  SELECT DISTINCT
    entry.batch_id,
    entry.pulled_at
  FROM
    ${ops}.batches AS entry
  LEFT JOIN
    taken
    ON entry.batch_id = taken.batch_id
    AND taken.business_unit IS NULL
  WHERE
    entry.dataset = @dataset
    AND entry.batch_id IN UNNEST(@batches)
    AND taken.batch_id IS NULL
),
${answered},
requests AS (
  SELECT DISTINCT
    entry.request_id,
    entry.kind,
    entry.batch_id,
    entry.business_unit
  FROM
    ${ops}.requests AS entry
  LEFT JOIN
    answered
    ON entry.request_id = answered.id
  WHERE
    entry.name = @log
    AND entry.request_id IN UNNEST(@requests)
    AND answered.id IS NULL
),
${judged},
first_held AS (
  SELECT
    pulled_at,
    batch_id
  FROM
    judged
  QUALIFY
    ROW_NUMBER() OVER (ORDER BY pulled_at, batch_id) = 1
),
settled_now AS (
  SELECT
    waiting.batch_id,
    CAST(NULL AS STRING) AS business_unit
  FROM
    waiting
  LEFT JOIN
    first_held
    ON waiting.pulled_at > first_held.pulled_at
    OR (waiting.pulled_at = first_held.pulled_at AND waiting.batch_id > first_held.batch_id)
  WHERE
    first_held.batch_id IS NULL
  UNION DISTINCT
  SELECT
    held.batch_id,
    held.business_unit
  FROM
    held
  INNER JOIN
    requests
    ON requests.kind = 'confirm'
    AND held.batch_id = requests.batch_id
    AND held.business_unit = requests.business_unit
)
SELECT AS STRUCT
  (SELECT MAX(log.version) + 1 FROM ${log} AS log) AS version,
  ARRAY(
    SELECT AS STRUCT batch_id, business_unit
    FROM settled_now
    ORDER BY batch_id, business_unit
  ) AS batches,
  ARRAY(
    SELECT AS STRUCT judged.batch_id, judged.business_unit, judged.row_count, judged.removed, judged.reason
    FROM judged
    INNER JOIN first_held ON judged.batch_id = first_held.batch_id
    ORDER BY judged.business_unit
  ) AS held,
  ARRAY(
    SELECT DISTINCT entry.withdrawal_id
    FROM ${ops}.withdrawals AS entry
    LEFT JOIN answered ON entry.withdrawal_id = answered.id
    WHERE entry.dataset = @dataset
      AND entry.withdrawal_id IN UNNEST(@withdrawals)
      AND answered.id IS NULL
    ORDER BY entry.withdrawal_id
  ) AS withdrawals,
  ARRAY(SELECT DISTINCT request_id FROM requests ORDER BY request_id) AS requests
