-- One row a table, or business unit that it is pulled by: how long ago its recent days were pulled.
-- A pull of long ago's days says nothing about today's. A unit that was never pulled is as old as its
-- table's first pull.
WITH
newest AS (
  SELECT
    targets.subject,
    targets.fresh_within_hours,
    MIN(ledger.pulled_at) AS first_pull,
    MAX(
      IF(
        targets.business_unit IN ('all', COALESCE(ledger.business_unit, targets.business_unit)),
        ledger.pulled_at,
        NULL
      )
    ) AS newest_pull
  FROM
    UNNEST(@targets) AS targets
  LEFT JOIN
    settled_batches AS ledger
    ON targets.table_name = ledger.table_name
    AND ledger.window_to >= DATE_SUB(DATE(ledger.pulled_at, @zone), INTERVAL 1 DAY)
  GROUP BY
    targets.subject,
    targets.fresh_within_hours
)
SELECT
  'freshness' AS check_name,
  subject,
  CASE
    WHEN fresh_within_hours = 0 OR first_pull IS NULL THEN 'mention'
    WHEN TIMESTAMP_DIFF(@now, COALESCE(newest_pull, first_pull), HOUR) > fresh_within_hours
      THEN 'fail'
    ELSE 'pass'
  END AS status,
  CAST(NULL AS STRING) AS expected,
  COALESCE(
    CONCAT(CAST(TIMESTAMP_DIFF(@now, newest_pull, HOUR) AS STRING), ' hours ago'),
    'never pulled'
  ) AS found,
  CAST(NULL AS STRING) AS row_key
FROM
  newest
