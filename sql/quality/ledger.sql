-- Checks of a pipeline's ledger: what was rejected, how fresh its tables are, which days are missing
-- and which pulls are far smaller than usual.
WITH
tables AS (
  SELECT
    entry.table_name,
    entry.dataset,
    CAST(NULLIF(entry.fresh_within_hours, '') AS INT64) AS fresh_within_hours
  FROM
    UNNEST(@tables) AS entry
),
pulls AS (
  SELECT
    ledger.table_name,
    tables.dataset,
    ledger.batch_id,
    COALESCE(ledger.business_unit, '') AS unit,
    ledger.run_id,
    ledger.window_from,
    ledger.window_to,
    DATE_DIFF(ledger.window_to, ledger.window_from, DAY) AS extent,
    ledger.pulled_at,
    ledger.fetched,
    ledger.rejected
  FROM
    ${settled_batches} AS ledger
  INNER JOIN
    tables
    ON ledger.table_name = tables.table_name
),
newest AS (
  SELECT
    tables.table_name,
    tables.fresh_within_hours,
    TIMESTAMP_DIFF(@now, MAX(pulls.pulled_at), HOUR) AS hours_ago
  FROM
    tables
  LEFT JOIN
    pulls
    ON tables.table_name = pulls.table_name
  GROUP BY
    tables.table_name,
    tables.fresh_within_hours
),
recent_extents AS (
  SELECT
    table_name,
    dataset,
    GREATEST(MIN(window_from), DATE_SUB(@today, INTERVAL 35 DAY)) AS first_day,
    LEAST(MAX(window_to), @today) AS last_day
  FROM
    pulls
  GROUP BY
    table_name,
    dataset
),
pulled_days AS (
  SELECT DISTINCT
    pulls.table_name,
    pulled_day
  FROM
    pulls
  CROSS JOIN
    UNNEST(GENERATE_DATE_ARRAY(pulls.window_from, pulls.window_to)) AS pulled_day
  WHERE
    pulls.window_to >= DATE_SUB(@today, INTERVAL 35 DAY)
),
missing_days AS (
  SELECT
    recent_extents.table_name,
    recent_extents.dataset,
    COUNTIF(pulled_days.pulled_day IS NULL) AS missing
  FROM
    recent_extents
  CROSS JOIN
    UNNEST(GENERATE_DATE_ARRAY(recent_extents.first_day, recent_extents.last_day)) AS expected_day
  LEFT JOIN
    pulled_days
    ON recent_extents.table_name = pulled_days.table_name
    AND expected_day = pulled_days.pulled_day
  GROUP BY
    recent_extents.table_name,
    recent_extents.dataset
),
usual_volumes AS (
  SELECT
    table_name,
    unit,
    extent,
    AVG(fetched) AS usual
  FROM
    pulls
  WHERE
    run_id != @run_id
    AND pulled_at >= TIMESTAMP_SUB(@now, INTERVAL 60 DAY)
  GROUP BY
    table_name,
    unit,
    extent
)
SELECT
  'rows rejected' AS check_name,
  table_name AS subject,
  IF(SUM(rejected) = 0, 'pass', 'mention') AS status,
  'none' AS expected,
  CONCAT(CAST(SUM(rejected) AS STRING), ' rows') AS observed,
  CONCAT('python -m operations rejects ', dataset, ' shows them and can replay them') AS detail
FROM
  (
    SELECT table_name, dataset, batch_id, MAX(rejected) AS rejected
    FROM pulls
    WHERE run_id = @run_id
    GROUP BY table_name, dataset, batch_id
  )
GROUP BY
  table_name,
  dataset
UNION ALL
SELECT
  'freshness' AS check_name,
  table_name AS subject,
  CASE
    WHEN fresh_within_hours IS NULL OR hours_ago IS NULL THEN 'mention'
    WHEN hours_ago > fresh_within_hours THEN 'fail'
    ELSE 'pass'
  END AS status,
  COALESCE(CONCAT('a pull within ', CAST(fresh_within_hours AS STRING), ' hours'), 'no limit')
    AS expected,
  COALESCE(CONCAT(CAST(hours_ago AS STRING), ' hours ago'), 'never pulled') AS observed,
  'its schedule or its source may be down' AS detail
FROM
  newest
UNION ALL
SELECT
  'gaps in the ledger' AS check_name,
  table_name AS subject,
  IF(missing = 0, 'pass', 'mention') AS status,
  'every day of the last five weeks pulled' AS expected,
  CONCAT(CAST(missing AS STRING), ' days missing') AS observed,
  CONCAT('python -m operations gaps ', dataset) AS detail
FROM
  missing_days
UNION ALL
SELECT
  'volume' AS check_name,
  pulls.table_name AS subject,
  IF(COUNTIF(pulls.fetched * 2 < usual_volumes.usual AND usual_volumes.usual >= 20) = 0, 'pass', 'mention')
    AS status,
  'at least half of the usual rows' AS expected,
  CONCAT(
    CAST(COUNTIF(pulls.fetched * 2 < usual_volumes.usual AND usual_volumes.usual >= 20) AS STRING),
    ' pulls far smaller'
  ) AS observed,
  'compare with the source before trusting these days' AS detail
FROM
  pulls
INNER JOIN
  usual_volumes
  ON pulls.table_name = usual_volumes.table_name
  AND pulls.unit = usual_volumes.unit
  AND pulls.extent = usual_volumes.extent
WHERE
  pulls.run_id = @run_id
GROUP BY
  pulls.table_name
