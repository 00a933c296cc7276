-- One row a thing that waits: a batch, withdrawal or request that no version answers yet, and an
-- input whose newest changes a mart does not show.
WITH
versions AS (
${versions}
),
mart_inputs AS (
${inputs}
),
settled AS (
  SELECT DISTINCT
    taken.batch_id
  FROM
    versions
  CROSS JOIN
    UNNEST(versions.settled) AS taken
  WHERE
    taken.business_unit IS NULL
),
answered AS (
  SELECT DISTINCT
    versions.name,
    id
  FROM
    versions
  CROSS JOIN
    UNNEST(ARRAY_CONCAT(versions.requests, versions.withdrawals)) AS id
),
newest AS (
  SELECT
    name,
    MAX(version) AS version
  FROM
    versions
  GROUP BY
    name
),
-- What a mart shows of an input: nothing, if the input's log was lost and begun anew.
shown AS (
  SELECT
    versions.name,
    input.name AS input_name,
    IF(input.version <= newest.version, input.version, 0) AS version
  FROM
    versions
  CROSS JOIN
    UNNEST(versions.inputs) AS input
  INNER JOIN
    newest
    ON input.name = newest.name
  WHERE
    NOT versions.is_partial
  QUALIFY
    ROW_NUMBER() OVER (PARTITION BY versions.name, input.name ORDER BY versions.version DESC) = 1
)
SELECT
  'batch' AS kind,
  entry.dataset AS name,
  entry.batch_id AS id,
  MIN(entry.loaded_at) AS since
FROM
  ${ops}.batches AS entry
LEFT JOIN
  settled
  ON entry.batch_id = settled.batch_id
WHERE
  settled.batch_id IS NULL
GROUP BY
  entry.dataset,
  entry.batch_id
UNION ALL
SELECT
  'withdrawal' AS kind,
  entry.dataset AS name,
  entry.withdrawal_id AS id,
  MIN(entry.entered_at) AS since
FROM
  ${ops}.withdrawals AS entry
LEFT JOIN
  answered
  ON entry.dataset = answered.name
  AND entry.withdrawal_id = answered.id
WHERE
  answered.id IS NULL
GROUP BY
  entry.dataset,
  entry.withdrawal_id
UNION ALL
SELECT
  entry.kind,
  entry.name,
  entry.request_id AS id,
  MIN(entry.entered_at) AS since
FROM
  ${ops}.requests AS entry
LEFT JOIN
  answered
  ON entry.name = answered.name
  AND entry.request_id = answered.id
WHERE
  answered.id IS NULL
GROUP BY
  entry.kind,
  entry.name,
  entry.request_id
UNION ALL
SELECT
  'input' AS kind,
  mart_inputs.name,
  mart_inputs.input AS id,
  MIN(versions.committed_at) AS since
FROM
  mart_inputs
INNER JOIN
  versions
  ON mart_inputs.input = versions.name
LEFT JOIN
  shown
  ON mart_inputs.name = shown.name
  AND mart_inputs.input = shown.input_name
WHERE
  versions.version > COALESCE(shown.version, 0)
  AND ARRAY_LENGTH(versions.days) > 0
GROUP BY
  mart_inputs.name,
  mart_inputs.input
