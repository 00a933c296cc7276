-- One row a day and business unit whose sum in a fact or in kpi_daily_consolidated is not raw's.
-- Chains of several batches run at once, so sums are compared only where the batch that was loaded
-- last for a day and business unit is this chain's: what another is about to change, its own checks.
WITH
layers AS (
${layers}
),
sums AS (
  SELECT
    table_name,
    day,
    bu_key,
    SUM(IF(layer = 'raw', amount, 0)) AS in_raw,
    SUM(IF(layer = 'fact', amount, 0)) AS in_fact,
    SUM(IF(layer = 'consolidated', amount, 0)) AS in_consolidated
  FROM
    layers
  GROUP BY
    table_name,
    day,
    bu_key
),
pulls AS (
  SELECT
    ledger.table_name,
    ledger.business_unit,
    ledger.batch_id,
    ledger.loaded_at,
    pulled_day
  FROM
    settled_batches AS ledger
  CROSS JOIN
    UNNEST(GENERATE_DATE_ARRAY(ledger.window_from, ledger.window_to)) AS pulled_day
  WHERE
    ledger.window_from <= @to
    AND ledger.window_to >= @from
),
last_loads AS (
  SELECT
    sums.table_name,
    sums.day,
    sums.bu_key,
    sums.in_raw,
    sums.in_fact,
    sums.in_consolidated,
    pulls.batch_id
  FROM
    sums
  INNER JOIN
    pulls
    ON sums.table_name = pulls.table_name
    AND sums.day = pulls.pulled_day
    AND (pulls.business_unit IS NULL OR pulls.business_unit = sums.bu_key)
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY sums.table_name, sums.day, sums.bu_key
      ORDER BY pulls.loaded_at DESC, pulls.batch_id DESC
    ) = 1
)
SELECT
  'sums conserved from raw' AS check_name,
  table_name AS subject,
  -- A request's marts are rebuilt one after the other: what differs may be about to be rebuilt.
  IF(@batch_id = '', 'mention', CAST(NULL AS STRING)) AS status,
  CAST(ROUND(in_raw, 2) AS STRING) AS expected,
  CONCAT(
    'fact ', CAST(ROUND(in_fact, 2) AS STRING),
    ', consolidated ', CAST(ROUND(in_consolidated, 2) AS STRING)
  ) AS found,
  CONCAT('day ', CAST(day AS STRING), ', bu_key ', bu_key) AS row_key
FROM
  last_loads
WHERE
  @batch_id IN ('', batch_id)
  AND (ABS(in_raw - in_fact) >= 0.005 OR ABS(in_raw - in_consolidated) >= 0.005)
