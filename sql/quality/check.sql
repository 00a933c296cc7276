-- Runs a pipeline's checks and keeps their results, once for the versions and days that they saw.
DECLARE step STRING DEFAULT (
  SELECT
    TO_HEX(SHA256(CONCAT(@asked, ' ', STRING_AGG(CONCAT(name, ':', CAST(version AS STRING)), ' ' ORDER BY name))))
  FROM (
${versions}
  )
);

IF NOT EXISTS (SELECT 1 FROM ${ops}.quality_results WHERE step_id = step AND check_day >= @since) THEN
  INSERT INTO ${ops}.quality_results (${columns})
  SELECT
    @now AS checked_at,
    @check_day AS check_day,
    step AS step_id,
    @run_id AS run_id,
    @pipeline AS pipeline,
    found.check_name,
    found.subject,
    found.status,
    found.expected,
    found.observed,
    found.detail
  FROM (
${checks}
  ) AS found;
END IF;

SELECT
  check_name,
  subject,
  status,
  expected,
  observed,
  detail
FROM
  ${ops}.quality_results
WHERE
  step_id = step
  AND check_day >= @since
QUALIFY
  ROW_NUMBER() OVER (PARTITION BY check_name, subject ORDER BY checked_at) = 1
