-- One row a check: the worst that was seen of it, and up to five rows that show it.
, judged AS (
  SELECT
    known.check_name,
    known.subject,
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
  check_name,
  subject,
  MIN(status) AS status,
  ARRAY_AGG(expected ORDER BY row_key, found, expected LIMIT 1)[OFFSET(0)] AS expected,
  CONCAT(
    IF(COUNT(*) > 1, CONCAT(CAST(COUNT(*) AS STRING), ' times, such as '), ''),
    ARRAY_AGG(found ORDER BY row_key, found, expected LIMIT 1)[OFFSET(0)]
  ) AS found,
  ARRAY_AGG(DISTINCT row_key IGNORE NULLS ORDER BY row_key LIMIT 5) AS row_keys
FROM
  worst
GROUP BY
  check_name,
  subject
