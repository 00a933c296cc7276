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
  WITH
  log_rows AS (
${log_rows}
  ),
  settled_batches AS (
${settled_batches}
  ),
  seen AS (
${seen}
  ),
  judged AS (
    SELECT
      known.check_name,
      known.subject,
      known.look,
      known.mend,
      COALESCE(seen.status, IF(seen.check_name IS NULL, 'pass', known.severity)) AS status,
      COALESCE(seen.expected, known.expected) AS expected,
      COALESCE(seen.found, 'as expected') AS found,
      seen.row_key
    FROM
      UNNEST(@checks) AS known
    LEFT JOIN
      seen
      ON known.check_name = seen.check_name
      AND known.subject = seen.subject
  ),
  -- fail, mention, pass: the worst is the first in the alphabet.
  worst AS (
    SELECT
      judged.*
    FROM
      judged
    QUALIFY
      RANK() OVER (PARTITION BY check_name, subject ORDER BY status) = 1
  )
  SELECT
    @now AS checked_at,
    @check_day AS check_day,
    step AS step_id,
    @run_id AS run_id,
    @pipeline AS pipeline,
    check_name,
    subject,
    MIN(status) AS status,
    ARRAY_AGG(expected ORDER BY found, expected, row_key LIMIT 1)[OFFSET(0)] AS expected,
    CONCAT(
      IF(COUNT(*) > 1, CONCAT(CAST(COUNT(*) AS STRING), ' times, such as '), ''),
      ARRAY_AGG(found ORDER BY found, expected, row_key LIMIT 1)[OFFSET(0)]
    ) AS found,
    ARRAY_AGG(DISTINCT row_key IGNORE NULLS ORDER BY row_key LIMIT 5) AS row_keys,
    look,
    mend
  FROM
    worst
  GROUP BY
    check_name,
    subject,
    look,
    mend;
END IF;

SELECT
  check_name,
  subject,
  status,
  expected,
  found,
  row_keys,
  look,
  mend
FROM
  ${ops}.quality_results
WHERE
  step_id = step
  AND check_day >= @since
QUALIFY
  ROW_NUMBER() OVER (PARTITION BY check_name, subject ORDER BY checked_at) = 1
