-- One row a table: how long ago it was pulled.
SELECT
  'freshness' AS check_name,
  tables.table_name AS subject,
  CASE
    WHEN MAX(ledger.pulled_at) IS NULL OR tables.fresh_within_hours = 0 THEN 'mention'
    WHEN TIMESTAMP_DIFF(@now, MAX(ledger.pulled_at), HOUR) > tables.fresh_within_hours THEN 'fail'
    ELSE 'pass'
  END AS status,
  CAST(NULL AS STRING) AS expected,
  COALESCE(
    CONCAT(CAST(TIMESTAMP_DIFF(@now, MAX(ledger.pulled_at), HOUR) AS STRING), ' hours ago'),
    'never pulled'
  ) AS found,
  CAST(NULL AS STRING) AS row_key
FROM
  UNNEST(@tables) AS tables
LEFT JOIN
  settled_batches AS ledger
  ON tables.table_name = ledger.table_name
GROUP BY
  tables.table_name,
  tables.fresh_within_hours
