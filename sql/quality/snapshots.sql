-- One row a snapshot's table that shrank, or a snapshot that was not taken on its day.
WITH
-- The newest snapshot of each day and table, beside that of the day before.
snapshots AS (
  SELECT
    newest.*,
    LAG(loaded) OVER (PARTITION BY table_name ORDER BY window_from) AS loaded_before
  FROM
    (
      SELECT
        table_name,
        window_from,
        pulled_at,
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
)
SELECT DISTINCT
  'taken on its own day' AS check_name,
  'partyhelp_raw.*' AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT('taken on ', CAST(DATE(pulled_at, @zone) AS STRING)) AS found,
  CONCAT('sync_date ', CAST(window_from AS STRING)) AS row_key
FROM
  checked
WHERE
  DATE(pulled_at, @zone) != window_from
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
