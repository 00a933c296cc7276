-- One row a table of a snapshot that is missing rows, shrank, was not taken on its day, or misses
-- the day before.
WITH
-- The newest snapshot of each day and table, beside that of the day before.
snapshots AS (
  SELECT
    newest.*,
    LAG(window_from) OVER (PARTITION BY table_name ORDER BY window_from) AS day_before,
    LAG(loaded) OVER (PARTITION BY table_name ORDER BY window_from) AS loaded_before
  FROM
    (
      SELECT
        table_name,
        window_from,
        run_id,
        pulled_at,
        landed,
        rejected,
        loaded
      FROM
        settled_batches AS ledger
      QUALIFY
        ROW_NUMBER() OVER (
          PARTITION BY table_name, window_from
          ORDER BY pulled_at DESC, batch_id DESC
        ) = 1
    ) AS newest
),
checked AS (
  SELECT
    snapshots.*,
    CONCAT('table ', table_name, ', sync_date ', CAST(window_from AS STRING)) AS row_key
  FROM
    snapshots
  WHERE
    window_from BETWEEN @from AND @to
    AND window_from IN UNNEST(@days)
),
reported AS (
${reported}
)
SELECT
  'every row reported' AS check_name,
  'partyhelp.ph_*' AS subject,
  CAST(NULL AS STRING) AS status,
  CONCAT(CAST(checked.loaded AS STRING), ' rows') AS expected,
  CONCAT(CAST(COALESCE(reported.row_count, 0) AS STRING), ' rows') AS found,
  checked.row_key
FROM
  checked
LEFT JOIN
  reported
  ON checked.table_name = reported.table_name
  AND checked.window_from = reported.sync_date
WHERE
  -- A newer snapshot of the day that is still on its way is checked by its own run.
  checked.run_id = @run_id
  AND checked.table_name IN UNNEST(@reported_tables)
  AND checked.loaded != COALESCE(reported.row_count, 0)
UNION ALL
SELECT DISTINCT
  'taken on its own day',
  'partyhelp_raw.*',
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CONCAT('taken on ', CAST(DATE(pulled_at, @zone) AS STRING)),
  CONCAT('sync_date ', CAST(window_from AS STRING))
FROM
  checked
WHERE
  DATE(pulled_at, @zone) != window_from
UNION ALL
SELECT DISTINCT
  'no day missing',
  'partyhelp_raw.*',
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CONCAT('none after ', CAST(day_before AS STRING)),
  CONCAT('sync_date ', CAST(window_from AS STRING))
FROM
  checked
WHERE
  DATE_DIFF(window_from, day_before, DAY) > 1
UNION ALL
SELECT
  'no table shrank',
  'partyhelp_raw.*',
  CAST(NULL AS STRING),
  CONCAT('about ', CAST(loaded_before AS STRING), ' rows'),
  CONCAT(CAST(loaded AS STRING), ' rows'),
  row_key
FROM
  checked
WHERE
  loaded * 100 < loaded_before * 80
