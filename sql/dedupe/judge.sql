-- CTEs: the business units that waiting pulls would remove too much of.
${losses},
-- A unit loses too much, or is gone altogether although it was seen lately in no pull.
vanished AS (
  SELECT
    losses.batch_id,
    losses.unit AS business_unit,
    losses.pulled_at,
    losses.row_count,
    losses.removed,
    IF(losses.brought = 0, 'unit vanished', 'removed share') AS reason
  FROM
    losses
  LEFT JOIN
    sightings
    ON sightings.unit = losses.unit
    AND sightings.pulled_at <= losses.pulled_at
    AND sightings.pulled_at > TIMESTAMP_SUB(losses.pulled_at, INTERVAL @fresh_hours HOUR)
  GROUP BY
    losses.batch_id, losses.unit, losses.pulled_at, losses.row_count, losses.removed, losses.brought
  HAVING
    losses.removed > 0
    AND CASE
      WHEN losses.row_count >= @fewest_rows
        THEN losses.brought = 0 OR losses.removed > losses.row_count * @max_removed_share
      ELSE losses.brought = 0 AND COUNT(sightings.unit) = 0
    END
),
judged AS (
  SELECT batch_id, business_unit, pulled_at, row_count, removed, reason
  FROM vanished
  UNION ALL
  SELECT DISTINCT
    brought_units.batch_id,
    brought_units.unit AS business_unit,
    brought_units.pulled_at,
    0 AS row_count,
    0 AS removed,
    'unknown unit' AS reason
  FROM
    brought_units
  INNER JOIN
    vanished
    ON vanished.batch_id = brought_units.batch_id
    AND vanished.reason = 'unit vanished'
  WHERE
    brought_units.unit NOT IN UNNEST(@known_units)
)
