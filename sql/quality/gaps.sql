-- One row a day of the last five weeks that a table was not pulled for, since it was first pulled.
WITH
pulls AS (
  SELECT
    tables.table_name,
    ledger.window_from,
    ledger.window_to
  FROM
    UNNEST(@tables) AS tables
  INNER JOIN
    settled_batches AS ledger
    ON tables.table_name = ledger.table_name
),
recent_extents AS (
  SELECT
    table_name,
    GREATEST(MIN(window_from), DATE_SUB(@today, INTERVAL 35 DAY)) AS first_day,
    LEAST(MAX(window_to), @today) AS last_day
  FROM
    pulls
  GROUP BY
    table_name
),
pulled_days AS (
  SELECT DISTINCT
    pulls.table_name,
    pulled_day
  FROM
    pulls
  CROSS JOIN
    UNNEST(GENERATE_DATE_ARRAY(pulls.window_from, pulls.window_to)) AS pulled_day
  WHERE
    pulls.window_to >= DATE_SUB(@today, INTERVAL 35 DAY)
)
SELECT
  'gaps in the ledger' AS check_name,
  recent_extents.table_name AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT(CAST(expected_day AS STRING), ' is missing') AS found,
  CAST(expected_day AS STRING) AS row_key
FROM
  recent_extents
CROSS JOIN
  UNNEST(GENERATE_DATE_ARRAY(recent_extents.first_day, recent_extents.last_day)) AS expected_day
LEFT JOIN
  pulled_days
  ON recent_extents.table_name = pulled_days.table_name
  AND expected_day = pulled_days.pulled_day
WHERE
  pulled_days.pulled_day IS NULL
