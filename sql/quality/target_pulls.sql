-- The pulls of each table, or business unit that it is pulled by.
SELECT
  targets.subject,
  targets.last_day AS closed_after,
  targets.gap_days,
  ledger.batch_id,
  ledger.run_id,
  ledger.window_from,
  ledger.window_to,
  ledger.pulled_at,
  ledger.fetched
FROM
  UNNEST(@targets) AS targets
INNER JOIN
  settled_batches AS ledger
  ON targets.table_name = ledger.table_name
  AND targets.business_unit IN ('all', COALESCE(ledger.business_unit, targets.business_unit))
