-- Enters a loaded batch, once for each of its tables and business units ('' stands for all units).
-- Entered twice, it counts once.
INSERT INTO ${ops}.batches (${columns})
SELECT
  @batch_id AS batch_id,
  @run_id AS run_id,
  @pipeline AS pipeline,
  @dataset AS dataset,
  landed.table_name,
  NULLIF(unit, '') AS business_unit,
  @window_from AS window_from,
  @window_to AS window_to,
  @pulled_at AS pulled_at,
  landed.fetched,
  landed.landed,
  landed.rejected,
  landed.landed - landed.rejected AS loaded,
  CURRENT_TIMESTAMP() AS loaded_at,
  @days AS days,
  @staging AS staging,
  @event_id AS event_id,
  @manifest_uri AS manifest_uri
FROM
  UNNEST(@tables) AS landed
CROSS JOIN
  UNNEST(@business_units) AS unit;
