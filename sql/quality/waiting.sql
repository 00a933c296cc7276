-- One row a log for which something waits longer than its dataset's freshness allows, or, for a
-- mart, that of its inputs.
SELECT
  'waiting' AS check_name,
  limits.name AS subject,
  IF(MAX(TIMESTAMP_DIFF(@now, waiting.since, HOUR)) >= limits.hours, 'fail', 'pass') AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT(
    CAST(COUNT(*) AS STRING),
    ' waiting, the longest for ',
    CAST(MAX(TIMESTAMP_DIFF(@now, waiting.since, HOUR)) AS STRING),
    ' hours'
  ) AS found,
  CONCAT(ANY_VALUE(waiting.kind), ' ', MIN(waiting.id)) AS row_key
FROM
  UNNEST(@limits) AS limits
INNER JOIN
  ${ops}.waiting AS waiting
  ON limits.name = waiting.name
GROUP BY
  limits.name,
  limits.hours
