-- One row a total of ${address}, measure by measure: against the sum of its parts, the rows of
-- ${parts} of its days and business unit as they had been pulled by the time of the total.
WITH
totals AS (
  SELECT
    total.${unit} AS unit,
    total.${day} AS first_day,
    total.${last_day} AS last_day,
    total._pulled_at AS pulled_at,
${total_measures}
  FROM
    ${total_rows} AS total
  WHERE
    total.${day} BETWEEN DATE_SUB(@from, INTERVAL 31 DAY) AND @to
    AND total.${last_day} >= @from
    AND total.${unit} IN UNNEST(@${name}_units)
),
-- The newest pull of each of a total's days by its time.
pulls AS (
  SELECT
    totals.unit,
    totals.first_day,
    pulled_day,
    ledger.batch_id,
    TIMESTAMP_DIFF(totals.pulled_at, ledger.pulled_at, MINUTE) AS minutes_before
  FROM
    totals
  CROSS JOIN
    UNNEST(GENERATE_DATE_ARRAY(totals.first_day, totals.last_day)) AS pulled_day
  INNER JOIN
    settled_batches AS ledger
    ON ledger.table_name = '${parts}'
    AND pulled_day BETWEEN ledger.window_from AND ledger.window_to
    AND (ledger.business_unit IS NULL OR ledger.business_unit = totals.unit)
    AND ledger.pulled_at <= totals.pulled_at
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY totals.unit, totals.first_day, pulled_day
      ORDER BY ledger.pulled_at DESC, ledger.batch_id DESC
    ) = 1
),
pulled AS (
  SELECT
    unit,
    first_day,
    COUNT(*) AS day_count,
    MAX(minutes_before) AS minutes_before
  FROM
    pulls
  GROUP BY
    unit,
    first_day
),
sums AS (
  SELECT
    pulls.unit,
    pulls.first_day,
${sums}
  FROM
    pulls
  INNER JOIN
    (
${part_rows}
    ) AS part
    ON pulls.unit = part.unit
    AND pulls.pulled_day = part.day
    AND pulls.batch_id = part._batch_id
  GROUP BY
    pulls.unit,
    pulls.first_day
),
compared AS (
  SELECT
    totals.unit,
    totals.first_day,
    pulled.day_count = DATE_DIFF(totals.last_day, totals.first_day, DAY) + 1
      AND pulled.minutes_before <= @${name}_minutes AS is_comparable,
    measure.name,
    measure.total,
    measure.parts
  FROM
    totals
  LEFT JOIN
    pulled
    ON totals.unit = pulled.unit
    AND totals.first_day = pulled.first_day
  LEFT JOIN
    sums
    ON totals.unit = sums.unit
    AND totals.first_day = sums.first_day
  CROSS JOIN
    UNNEST([
${measures}
    ]) AS measure
)
SELECT
  '${check_name}' AS check_name,
  CONCAT('${address} ', unit) AS subject,
  CASE
    WHEN NOT COALESCE(is_comparable, FALSE) THEN 'mention'
    WHEN ABS(parts - total) > @${name}_tolerance * ABS(total) THEN 'fail'
    ELSE 'pass'
  END AS status,
  CONCAT(name, ' ', CAST(ROUND(total, 2) AS STRING)) AS expected,
  IF(
    COALESCE(is_comparable, FALSE),
    CONCAT(name, ' ', CAST(ROUND(parts, 2) AS STRING)),
    'not comparable: not every day was pulled shortly before the total'
  ) AS found,
  CONCAT('${day} ', CAST(first_day AS STRING), ', ', name) AS row_key
FROM
  compared
