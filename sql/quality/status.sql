  MERGE
    ${st_kpi_mart}.data_status AS status
  USING
    (
${data_status}
    ) AS fresh
  ON
    status.dataset = fresh.dataset
    AND status.business_unit = fresh.business_unit
  WHEN MATCHED THEN
    UPDATE SET
      complete_through = fresh.complete_through,
      newest_pull = fresh.newest_pull,
      failing_checks = fresh.failing_checks,
      failing_since = fresh.failing_since,
      checked_at = @now
  WHEN NOT MATCHED BY TARGET THEN
    INSERT (dataset, business_unit, complete_through, newest_pull, failing_checks, failing_since, checked_at)
    VALUES (dataset, business_unit, complete_through, newest_pull, failing_checks, failing_since, @now)
