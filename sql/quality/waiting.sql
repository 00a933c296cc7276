-- What waits longer than the freshness of its dataset allows, or, for a mart, that of its inputs.
SELECT
  'waiting' AS check_name,
  limits.name AS subject,
  IF(MAX(TIMESTAMP_DIFF(@now, waiting.since, HOUR)) >= limits.hours, 'fail', 'pass') AS status,
  CONCAT('nothing for ', CAST(limits.hours AS STRING), ' hours') AS expected,
  COALESCE(
    CONCAT(
      CAST(COUNT(waiting.id) AS STRING),
      ' waiting, the longest for ',
      CAST(MAX(TIMESTAMP_DIFF(@now, waiting.since, HOUR)) AS STRING),
      ' hours'
    ),
    'nothing waits'
  ) AS observed,
  'ops.waiting lists it; look at the log and the dead letters of its stage' AS detail
FROM
  UNNEST(@limits) AS limits
LEFT JOIN
  ${ops}.waiting AS waiting
  ON limits.name = waiting.name
GROUP BY
  limits.name,
  limits.hours
