-- One row a dataset and business unit that it is pulled by (`all` where it is pulled as a whole).
WITH
pulls AS (
  SELECT
    units.dataset,
    units.business_unit,
    ledger.window_from,
    ledger.window_to,
    ledger.pulled_at
  FROM
    UNNEST(@units) AS units
  INNER JOIN
    settled_batches AS ledger
    ON units.table_name = ledger.table_name
    AND (units.business_unit = 'all' OR units.business_unit = COALESCE(ledger.business_unit, units.business_unit))
),
-- Days of the last five weeks that no pull covered, from the first of their pulls on.
missing AS (
  SELECT
    extents.dataset,
    extents.business_unit,
    MIN(day) AS first_day
  FROM
    (
      SELECT
        dataset,
        business_unit,
        GREATEST(MIN(window_from), DATE_SUB(@today, INTERVAL 35 DAY)) AS first_day,
        MAX(window_to) AS last_day
      FROM pulls
      WHERE window_to >= DATE_SUB(@today, INTERVAL 35 DAY)
      GROUP BY dataset, business_unit
    ) AS extents
  CROSS JOIN
    UNNEST(GENERATE_DATE_ARRAY(extents.first_day, extents.last_day)) AS day
  LEFT JOIN
    pulls
    ON extents.dataset = pulls.dataset
    AND extents.business_unit = pulls.business_unit
    AND day BETWEEN pulls.window_from AND pulls.window_to
  WHERE
    pulls.dataset IS NULL
  GROUP BY
    extents.dataset,
    extents.business_unit
),
covered AS (
  SELECT
    dataset,
    business_unit,
    MAX(window_to) AS last_day,
    MAX(pulled_at) AS newest_pull
  FROM
    pulls
  GROUP BY
    dataset,
    business_unit
),
failing AS (
  SELECT
    units.dataset,
    units.business_unit,
    ARRAY_AGG(DISTINCT CONCAT(open.check_name, ': ', open.subject)) AS checks,
    MIN(open.first_seen) AS since
  FROM
    UNNEST(@units) AS units
  INNER JOIN
    ${ops}.findings AS open
    ON open.pipeline = @pipeline
    AND open.healed_at IS NULL
    AND open.status = 'fail'
    AND COALESCE(open.dataset, units.dataset) = units.dataset
    AND COALESCE(open.business_unit, units.business_unit) = units.business_unit
  GROUP BY
    units.dataset,
    units.business_unit
)
SELECT
  units.dataset,
  units.business_unit,
  COALESCE(DATE_SUB(missing.first_day, INTERVAL 1 DAY), covered.last_day) AS complete_through,
  covered.newest_pull,
  COALESCE(failing.checks, []) AS failing_checks,
  failing.since AS failing_since
FROM
  UNNEST(@units) AS units
LEFT JOIN
  covered
  ON units.dataset = covered.dataset
  AND units.business_unit = covered.business_unit
LEFT JOIN
  missing
  ON units.dataset = missing.dataset
  AND units.business_unit = missing.business_unit
LEFT JOIN
  failing
  ON units.dataset = failing.dataset
  AND units.business_unit = failing.business_unit
