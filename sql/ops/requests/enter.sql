-- Enters a request; entered twice, it counts once.
INSERT INTO ${ops}.requests (${columns})
VALUES (
  @request_id, @name, @kind, @days, @every_day, @batch_id, @business_unit, @why, @entered_at, @run_id,
  @staging
);
