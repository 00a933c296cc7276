-- One row a business unit of a batch that was held back, and how that ended. It ends when an operator
-- confirms it, when the batch is withdrawn, or when a newer pull of the unit and window is settled.
WITH
versions AS (
${versions}
),
held AS (
  SELECT
    versions.name,
    versions.version,
    versions.committed_at,
    unit.batch_id,
    unit.business_unit,
    unit.row_count,
    unit.removed,
    unit.reason
  FROM
    versions
  CROSS JOIN
    UNNEST(versions.held) AS unit
),
settled AS (
  SELECT
    versions.committed_at,
    taken.batch_id,
    taken.business_unit
  FROM
    versions
  CROSS JOIN
    UNNEST(versions.settled) AS taken
),
pulls AS (
  SELECT DISTINCT
    dataset,
    batch_id,
    business_unit,
    window_from,
    window_to,
    pulled_at
  FROM
    ${ops}.batches
),
-- The newest entry of a batch counts, once a version has carried it out.
withdrawn AS (
  SELECT
    entry.batch_id,
    entry.is_withdrawn,
    versions.committed_at
  FROM
    versions
  CROSS JOIN
    UNNEST(versions.withdrawals) AS carried_out
  INNER JOIN
    ${ops}.withdrawals AS entry
    ON entry.withdrawal_id = carried_out
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY entry.batch_id
      ORDER BY entry.entered_at DESC, entry.withdrawal_id DESC, versions.version
    ) = 1
),
ends AS (
  SELECT held.batch_id, held.business_unit, settled.committed_at AS ended_at, 'confirmed' AS ended_by
  FROM held
  INNER JOIN settled
    ON held.batch_id = settled.batch_id
    AND held.business_unit = settled.business_unit
  UNION ALL
  SELECT held.batch_id, held.business_unit, withdrawn.committed_at AS ended_at, 'withdrawn' AS ended_by
  FROM held
  INNER JOIN withdrawn
    ON held.batch_id = withdrawn.batch_id
    AND withdrawn.is_withdrawn
  UNION ALL
  SELECT held.batch_id, held.business_unit, settled.committed_at AS ended_at, 'newer pull' AS ended_by
  FROM held
  INNER JOIN pulls AS held_pulls
    ON held.batch_id = held_pulls.batch_id
    AND (held_pulls.business_unit IS NULL OR held_pulls.business_unit = held.business_unit)
  INNER JOIN pulls AS newer
    ON held.name = newer.dataset
    AND newer.pulled_at > held_pulls.pulled_at
    AND newer.window_from <= held_pulls.window_from
    AND newer.window_to >= held_pulls.window_to
    AND (newer.business_unit IS NULL OR newer.business_unit = held.business_unit)
  INNER JOIN settled
    ON newer.batch_id = settled.batch_id
    AND settled.business_unit IS NULL
  LEFT JOIN held AS also_held
    ON newer.batch_id = also_held.batch_id
    AND held.business_unit IS NOT DISTINCT FROM also_held.business_unit
  LEFT JOIN withdrawn
    ON newer.batch_id = withdrawn.batch_id
    AND withdrawn.is_withdrawn
  WHERE also_held.batch_id IS NULL
    AND withdrawn.batch_id IS NULL
)
SELECT
  held.name,
  held.batch_id,
  held.business_unit,
  held.row_count,
  held.removed,
  held.reason,
  held.version,
  held.committed_at AS held_at,
  ends.ended_at,
  ends.ended_by
FROM
  held
LEFT JOIN
  ends
  ON held.batch_id = ends.batch_id
  AND held.business_unit IS NOT DISTINCT FROM ends.business_unit
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY held.batch_id, held.business_unit
    ORDER BY ends.ended_at NULLS LAST, ends.ended_by, held.version
  ) = 1
