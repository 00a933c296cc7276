-- One row a pull of this run with less than half of the rows that pulls of its kind had.
WITH
pulls AS (
  SELECT
    ledger.table_name,
    ledger.batch_id,
    COALESCE(ledger.business_unit, '') AS unit,
    ledger.run_id,
    DATE_DIFF(ledger.window_to, ledger.window_from, DAY) AS extent,
    ledger.pulled_at,
    ledger.fetched
  FROM
    settled_batches AS ledger
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
  'volume' AS check_name,
  pulls.table_name AS subject,
  CAST(NULL AS STRING) AS status,
  CONCAT('about ', CAST(CAST(usual_volumes.usual AS INT64) AS STRING), ' rows') AS expected,
  CONCAT(CAST(pulls.fetched AS STRING), ' rows') AS found,
  CONCAT('batch ', pulls.batch_id) AS row_key
FROM
  pulls
INNER JOIN
  usual_volumes
  ON pulls.table_name = usual_volumes.table_name
  AND pulls.unit = usual_volumes.unit
  AND pulls.extent = usual_volumes.extent
WHERE
  pulls.run_id = @run_id
  AND pulls.fetched * 2 < usual_volumes.usual
  AND usual_volumes.usual >= 20
