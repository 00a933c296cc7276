-- Runs a pipeline's checks, and keeps results, findings and the data's status, once for the versions
-- and days that they saw.
DECLARE step STRING DEFAULT (
  SELECT
    TO_HEX(SHA256(CONCAT(@asked, ' ', STRING_AGG(CONCAT(name, ':', CAST(version AS STRING)), ' ' ORDER BY name))))
  FROM (
${versions}
  )
);

IF NOT EXISTS (SELECT 1 FROM ${ops}.quality_results WHERE step_id = step AND check_day >= @since) THEN
  CREATE TEMP TABLE settled_batches AS
  WITH
  log_rows AS (
${log_rows}
  )
${settled_batches};

  -- Every check in one statement: it reads each table once, all at one instant.
  CREATE TEMP TABLE results AS
  WITH
  seen AS (
${seen}
  )
${results};

  BEGIN TRANSACTION;

  CREATE TEMP TABLE sightings AS
${sightings};

  INSERT INTO ${ops}.quality_results (${result_columns})
  SELECT
    @now AS checked_at,
    @check_day AS check_day,
    step AS step_id,
    @run_id AS run_id,
    @pipeline AS pipeline,
    check_name,
    subject,
    status,
    expected,
    found,
    row_keys,
    same_as,
    IF(status = 'pass', NULL, first_seen) AS since,
    look,
    mend,
    can_wait,
    alert
  FROM
    sightings;

${findings};

${status};

  COMMIT TRANSACTION;
END IF;

SELECT
  check_name,
  subject,
  status,
  expected,
  found,
  row_keys,
  same_as,
  since,
  look,
  mend,
  can_wait,
  alert
FROM
  ${ops}.quality_results
WHERE
  step_id = step
  AND check_day >= @since
QUALIFY
  ROW_NUMBER() OVER (PARTITION BY check_name, subject ORDER BY checked_at) = 1
