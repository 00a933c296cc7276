-- One row a recent day that a table, or a business unit of it, was not pulled for between the first
-- recent pull and the last. Pulls of the year before say nothing. A closed unit has no days after that.
WITH
pulls AS (
${target_pulls}
),
extents AS (
  SELECT
    subject,
    GREATEST(MIN(window_from), DATE_SUB(@today, INTERVAL MAX(gap_days) DAY)) AS first_day,
    LEAST(MAX(window_to), MAX(closed_after), @today) AS last_day
  FROM
    pulls
  WHERE
    window_to >= DATE_SUB(@today, INTERVAL gap_days DAY)
  GROUP BY
    subject
)
SELECT
  'gaps' AS check_name,
  extents.subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT('no pull of ', CAST(expected_day AS STRING)) AS found,
  CONCAT('day ', CAST(expected_day AS STRING)) AS row_key
FROM
  extents
CROSS JOIN
  UNNEST(GENERATE_DATE_ARRAY(extents.first_day, extents.last_day)) AS expected_day
LEFT JOIN
  pulls
  ON extents.subject = pulls.subject
  AND expected_day BETWEEN pulls.window_from AND pulls.window_to
WHERE
  pulls.subject IS NULL
