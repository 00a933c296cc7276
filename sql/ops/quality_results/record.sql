-- Keeps the results of one quality run, once.
MERGE
  ${ops}.quality_results AS kept
USING (
  SELECT
    @checked_at AS checked_at,
    @check_day AS check_day,
    @step_id AS step_id,
    @run_id AS run_id,
    @pipeline AS pipeline,
    found.check_name,
    found.subject,
    found.status,
    found.expected,
    found.observed,
    found.detail
  FROM
    UNNEST(@results) AS found
) AS result
ON
  kept.step_id = result.step_id
  AND kept.check_name = result.check_name
  AND kept.subject = result.subject
WHEN NOT MATCHED THEN
  INSERT (${columns})
  VALUES (${columns})
