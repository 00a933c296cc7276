-- One row a pull of this run with less than half, or more than twice, of the rows that each of the
-- pulls of the eight weeks before had which ended on the same weekday and are as long.
WITH
pulls AS (
${target_pulls}
),
histories AS (
  SELECT
    pulls.subject,
    pulls.batch_id,
    pulls.fetched,
    COUNT(*) AS pull_count,
    MIN(earlier.fetched) AS fewest,
    MAX(earlier.fetched) AS most
  FROM
    pulls
  INNER JOIN
    pulls AS earlier
    ON pulls.subject = earlier.subject
    AND DATE_DIFF(pulls.window_to, earlier.window_to, DAY) IN (7, 14, 21, 28, 35, 42, 49, 56)
    AND DATE_DIFF(pulls.window_to, pulls.window_from, DAY)
      = DATE_DIFF(earlier.window_to, earlier.window_from, DAY)
  WHERE
    pulls.run_id = @run_id
  GROUP BY
    pulls.subject,
    pulls.batch_id,
    pulls.fetched
)
SELECT
  'volume' AS check_name,
  subject,
  CAST(NULL AS STRING) AS status,
  CONCAT(
    CAST(fewest AS STRING), ' to ', CAST(most AS STRING), ' rows, as in ',
    CAST(pull_count AS STRING), ' pulls on that weekday before'
  ) AS expected,
  CONCAT(CAST(fetched AS STRING), ' rows') AS found,
  CONCAT('batch ', batch_id) AS row_key
FROM
  histories
WHERE
  pull_count >= 4
  AND most >= 20
  AND (fetched * 2 < fewest OR fetched > most * 2)
