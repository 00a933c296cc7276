-- One row a past day of ${address} whose rows, or sum of ${measure}, are less than half of the least or
-- more than twice the most of the same weekday in the eight weeks before.
WITH
daily AS (
  SELECT
    ${day} AS day,
    COUNT(*) AS row_count,
    SUM(CAST(${measure} AS FLOAT64)) AS total
  FROM
    ${raw}
  WHERE
    ${day} BETWEEN DATE_SUB(@from, INTERVAL 56 DAY) AND @to
  GROUP BY
    day
),
histories AS (
  SELECT
    asked AS day,
    COALESCE(ANY_VALUE(daily.row_count), 0) AS row_count,
    COALESCE(ANY_VALUE(daily.total), 0) AS total,
    COUNT(*) AS day_count,
    MIN(earlier.row_count) AS fewest,
    MAX(earlier.row_count) AS most,
    MIN(earlier.total) AS least,
    MAX(earlier.total) AS greatest
  FROM
    UNNEST(@days) AS asked
  LEFT JOIN
    daily
    ON asked = daily.day
  INNER JOIN
    daily AS earlier
    ON DATE_DIFF(asked, earlier.day, DAY) IN (7, 14, 21, 28, 35, 42, 49, 56)
  WHERE
    asked < @today
  GROUP BY
    asked
)
SELECT
  CONCAT('odd ', judged.name) AS check_name,
  '${address}' AS subject,
  CAST(NULL AS STRING) AS status,
  CONCAT(
    CAST(ROUND(judged.least, 2) AS STRING), ' to ', CAST(ROUND(judged.greatest, 2) AS STRING),
    ', as on ', CAST(day_count AS STRING), ' such weekdays before'
  ) AS expected,
  CAST(ROUND(judged.amount, 2) AS STRING) AS found,
  CONCAT('${day} ', CAST(day AS STRING)) AS row_key
FROM
  histories
CROSS JOIN
  UNNEST([
    STRUCT(
      'rows' AS name,
      CAST(row_count AS FLOAT64) AS amount,
      CAST(fewest AS FLOAT64) AS least,
      CAST(most AS FLOAT64) AS greatest
    ),
    STRUCT('sum of ${measure}', total, least, greatest)
  ]) AS judged
WHERE
  day_count >= 4
  AND most >= 20
  AND (judged.amount * 2 < judged.least OR judged.amount > judged.greatest * 2)
