-- Checks of the ServiceTitan marts, for the days given.
--
-- Chains of several batches run at once, so sums are compared only where the batch that was loaded
-- last for a day and business unit is this chain's: what another is about to change, its own checks.
WITH
-- One amount for each raw table's day and business unit, in the raw table and in the layers above.
layers AS (
  SELECT
    'st_raw.raw_leads' AS table_name,
    job_created_on AS day,
    bu_key,
    CAST(COUNT(*) AS FLOAT64) AS in_raw,
    0.0 AS in_fact,
    0.0 AS in_consolidated
  FROM
    ${st_raw}.raw_leads
  WHERE
    job_created_on BETWEEN @from AND @to
    AND NOT REGEXP_CONTAINS(COALESCE(customer_name, ''), r'(?i)\btest\b')
  GROUP BY
    day,
    bu_key
  UNION ALL
  SELECT 'st_raw.raw_daily_wbr_v2', event_date, bu_name, SUM(CAST(total_sales AS FLOAT64)), 0.0, 0.0
  FROM ${st_raw}.raw_daily_wbr_v2
  WHERE event_date BETWEEN @from AND @to
  GROUP BY event_date, bu_name
  UNION ALL
  SELECT 'st_raw.raw_foreman', job_start, bu_key, SUM(CAST(job_subtotal AS FLOAT64)), 0.0, 0.0
  FROM ${st_raw}.raw_foreman
  WHERE job_start BETWEEN @from AND @to
  GROUP BY job_start, bu_key
  UNION ALL
  SELECT 'st_raw.raw_collections', payment_date, bu_key, SUM(CAST(amount AS FLOAT64)), 0.0, 0.0
  FROM ${st_raw}.raw_collections
  WHERE payment_date BETWEEN @from AND @to
  GROUP BY payment_date, bu_key
  UNION ALL
  SELECT 'st_raw.raw_leads', kpi_date, bu_key, 0.0, CAST(leads AS FLOAT64), 0.0
  FROM ${st_kpi_mart}.leads_daily_fact
  WHERE kpi_date BETWEEN @from AND @to
  UNION ALL
  SELECT 'st_raw.raw_daily_wbr_v2', kpi_date, bu_key, 0.0, CAST(total_sales AS FLOAT64), 0.0
  FROM ${st_kpi_mart}.wbr_daily_fact
  WHERE kpi_date BETWEEN @from AND @to
  UNION ALL
  SELECT 'st_raw.raw_foreman', kpi_date, bu_key, 0.0, CAST(total_subtotal AS FLOAT64), 0.0
  FROM ${st_kpi_mart}.foreman_daily_fact
  WHERE kpi_date BETWEEN @from AND @to
  UNION ALL
  SELECT 'st_raw.raw_collections', kpi_date, bu_key, 0.0, CAST(collected_amount AS FLOAT64), 0.0
  FROM ${st_kpi_mart}.collections_daily_fact
  WHERE kpi_date BETWEEN @from AND @to
  UNION ALL
  SELECT 'st_raw.raw_leads', kpi_date, bu_key, 0.0, 0.0, CAST(COALESCE(leads, 0) AS FLOAT64)
  FROM ${st_kpi_mart}.kpi_daily_consolidated
  WHERE kpi_date BETWEEN @from AND @to
  UNION ALL
  SELECT 'st_raw.raw_daily_wbr_v2', kpi_date, bu_key, 0.0, 0.0, CAST(COALESCE(wbr_total_sales, 0) AS FLOAT64)
  FROM ${st_kpi_mart}.kpi_daily_consolidated
  WHERE kpi_date BETWEEN @from AND @to
  UNION ALL
  SELECT 'st_raw.raw_foreman', kpi_date, bu_key, 0.0, 0.0, CAST(COALESCE(job_subtotal, 0) AS FLOAT64)
  FROM ${st_kpi_mart}.kpi_daily_consolidated
  WHERE kpi_date BETWEEN @from AND @to
  UNION ALL
  SELECT 'st_raw.raw_collections', kpi_date, bu_key, 0.0, 0.0, CAST(COALESCE(collected_amount, 0) AS FLOAT64)
  FROM ${st_kpi_mart}.kpi_daily_consolidated
  WHERE kpi_date BETWEEN @from AND @to
),
sums AS (
  SELECT
    table_name,
    day,
    bu_key,
    SUM(in_raw) AS in_raw,
    SUM(in_fact) AS in_fact,
    SUM(in_consolidated) AS in_consolidated
  FROM
    layers
  GROUP BY
    table_name,
    day,
    bu_key
),
-- Each pull of the days given, day by day.
pulls AS (
  SELECT
    ledger.table_name,
    ledger.business_unit,
    ledger.batch_id,
    ledger.loaded_at,
    pulled_day
  FROM
    ${settled_batches} AS ledger
  CROSS JOIN
    UNNEST(GENERATE_DATE_ARRAY(ledger.window_from, ledger.window_to)) AS pulled_day
  WHERE
    ledger.pipeline = 'servicetitan'
    AND ledger.window_from <= @to
    AND ledger.window_to >= @from
),
last_loads AS (
  SELECT
    sums.table_name,
    sums.day,
    sums.bu_key,
    sums.in_raw,
    sums.in_fact,
    sums.in_consolidated,
    pulls.batch_id
  FROM
    sums
  INNER JOIN
    pulls
    ON sums.table_name = pulls.table_name
    AND sums.day = pulls.pulled_day
    AND (pulls.business_unit IS NULL OR pulls.business_unit = sums.bu_key)
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY sums.table_name, sums.day, sums.bu_key
      ORDER BY pulls.loaded_at DESC, pulls.batch_id DESC
    ) = 1
),
-- The newest weekly totals that touch the days given, with the days that they sum up.
weeks AS (
  SELECT
    weekly.bu_name,
    weekly.event_date,
    weekly.window_last,
    weekly.total_sales,
    weekly._pulled_at AS pulled_at
  FROM
    ${st_raw}.raw_daily_wbr_consolidated AS weekly
  WHERE
    weekly.event_date BETWEEN DATE_SUB(@from, INTERVAL 31 DAY) AND @to
    AND weekly.window_last BETWEEN @from AND DATE_ADD(@to, INTERVAL 31 DAY)
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY weekly.bu_name
      ORDER BY weekly._pulled_at DESC, weekly.event_date DESC, weekly._batch_id DESC
    ) = 1
),
newest_daily_pulls AS (
  SELECT
    business_unit,
    batch_id,
    pulled_at,
    pulled_day
  FROM
    (
      SELECT
        ledger.business_unit,
        ledger.batch_id,
        ledger.pulled_at,
        pulled_day
      FROM
        ${settled_batches} AS ledger
      CROSS JOIN
        UNNEST(GENERATE_DATE_ARRAY(ledger.window_from, ledger.window_to)) AS pulled_day
      WHERE
        ledger.table_name = 'st_raw.raw_daily_wbr_v2'
        AND ledger.window_from <= DATE_ADD(@to, INTERVAL 31 DAY)
        AND ledger.window_to >= DATE_SUB(@from, INTERVAL 31 DAY)
    )
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY business_unit, pulled_day
      ORDER BY pulled_at DESC, batch_id DESC
    ) = 1
),
daily_rows AS (
  SELECT
    bu_name,
    event_date,
    _batch_id,
    SUM(CAST(total_sales AS FLOAT64)) AS total_sales
  FROM
    ${st_raw}.raw_daily_wbr_v2
  WHERE
    event_date BETWEEN DATE_SUB(@from, INTERVAL 31 DAY) AND DATE_ADD(@to, INTERVAL 31 DAY)
  GROUP BY
    bu_name,
    event_date,
    _batch_id
),
reconciled AS (
  SELECT
    weeks.bu_name,
    CAST(weeks.total_sales AS FLOAT64) AS weekly_sales,
    COALESCE(SUM(daily_rows.total_sales), 0) AS daily_sales,
    COUNT(newest_daily_pulls.pulled_day) = DATE_DIFF(weeks.window_last, weeks.event_date, DAY) + 1
      AS is_whole,
    ABS(TIMESTAMP_DIFF(MAX(newest_daily_pulls.pulled_at), weeks.pulled_at, HOUR)) <= 24
      AS is_comparable
  FROM
    weeks
  LEFT JOIN
    newest_daily_pulls
    ON weeks.bu_name = newest_daily_pulls.business_unit
    AND newest_daily_pulls.pulled_day BETWEEN weeks.event_date AND weeks.window_last
  LEFT JOIN
    daily_rows
    ON newest_daily_pulls.business_unit = daily_rows.bu_name
    AND newest_daily_pulls.pulled_day = daily_rows.event_date
    AND newest_daily_pulls.batch_id = daily_rows._batch_id
  GROUP BY
    weeks.bu_name,
    weeks.total_sales,
    weeks.event_date,
    weeks.window_last,
    weeks.pulled_at
)
SELECT
  'business units mapped' AS check_name,
  'st_kpi_mart.dim_regional_bu_map' AS subject,
  IF(COUNT(DISTINCT kpis.bu_key) = 0, 'pass', 'fail') AS status,
  'every business unit in the map, once' AS expected,
  COALESCE(
    CONCAT('not in the map: ', STRING_AGG(DISTINCT kpis.bu_key, ', ' ORDER BY kpis.bu_key)),
    'all there'
  ) AS observed,
  'drop a corrected dim_regional_bu_map CSV; until then these are in no region' AS detail
FROM
  ${st_kpi_mart}.kpi_daily_consolidated AS kpis
LEFT JOIN
  ${st_kpi_mart}.dim_regional_bu_map AS bu_map
  ON kpis.bu_key = bu_map.bu_key
WHERE
  kpis.kpi_date BETWEEN @from AND @to
  AND bu_map.bu_key IS NULL
UNION ALL
SELECT
  'regions have their facts' AS check_name,
  'st_kpi_mart.kpi_daily_regional_consolidated' AS subject,
  IF(COUNT(*) = 0, 'pass', 'fail') AS status,
  'no NULL total where a business unit has a value' AS expected,
  CONCAT(CAST(COUNT(*) AS STRING), ' region days with a NULL') AS observed,
  'a fact exists and the region shows nothing: look at the map and the join' AS detail
FROM
  (
    SELECT
      kpis.kpi_date,
      bu_map.region_key,
      COUNT(kpis.leads) AS leads,
      COUNT(kpis.collected_amount) AS collections,
      COUNT(kpis.wbr_total_sales) AS sales,
      COUNT(kpis.job_subtotal) AS revenue
    FROM
      ${st_kpi_mart}.kpi_daily_consolidated AS kpis
    INNER JOIN
      ${st_kpi_mart}.dim_regional_bu_map AS bu_map
      ON kpis.bu_key = bu_map.bu_key
    WHERE
      kpis.kpi_date BETWEEN @from AND @to
    GROUP BY
      kpis.kpi_date,
      bu_map.region_key
  ) AS facts
LEFT JOIN
  ${st_kpi_mart}.kpi_daily_regional_consolidated AS regions
  ON facts.kpi_date = regions.kpi_date
  AND facts.region_key = regions.region_key
  AND regions.kpi_date BETWEEN @from AND @to
WHERE
  (facts.leads > 0 AND regions.total_leads IS NULL)
  OR (facts.collections > 0 AND regions.total_collections IS NULL)
  OR (facts.sales > 0 AND regions.total_wbr_sales IS NULL)
  OR (facts.revenue > 0 AND regions.total_job_revenue IS NULL)
UNION ALL
SELECT
  'sums conserved to the regions' AS check_name,
  CONCAT('st_kpi_mart.kpi_daily_regional_consolidated ', measure) AS subject,
  IF(ABS(in_units - in_regions) < 0.005, 'pass', 'fail') AS status,
  CAST(ROUND(in_units, 2) AS STRING) AS expected,
  CAST(ROUND(in_regions, 2) AS STRING) AS observed,
  'the business units of kpi_daily_consolidated against the regions' AS detail
FROM
  (
    SELECT
      measure,
      COALESCE(SUM(IF(is_region, 0, amount)), 0) AS in_units,
      COALESCE(SUM(IF(is_region, amount, 0)), 0) AS in_regions
    FROM
      (
        SELECT 'leads' AS measure, FALSE AS is_region, CAST(leads AS FLOAT64) AS amount
        FROM ${st_kpi_mart}.kpi_daily_consolidated WHERE kpi_date BETWEEN @from AND @to
        UNION ALL
        SELECT 'leads', TRUE, CAST(total_leads AS FLOAT64)
        FROM ${st_kpi_mart}.kpi_daily_regional_consolidated WHERE kpi_date BETWEEN @from AND @to
        UNION ALL
        SELECT 'collections', FALSE, CAST(collected_amount AS FLOAT64)
        FROM ${st_kpi_mart}.kpi_daily_consolidated WHERE kpi_date BETWEEN @from AND @to
        UNION ALL
        SELECT 'collections', TRUE, CAST(total_collections AS FLOAT64)
        FROM ${st_kpi_mart}.kpi_daily_regional_consolidated WHERE kpi_date BETWEEN @from AND @to
        UNION ALL
        SELECT 'sales', FALSE, CAST(wbr_total_sales AS FLOAT64)
        FROM ${st_kpi_mart}.kpi_daily_consolidated WHERE kpi_date BETWEEN @from AND @to
        UNION ALL
        SELECT 'sales', TRUE, CAST(total_wbr_sales AS FLOAT64)
        FROM ${st_kpi_mart}.kpi_daily_regional_consolidated WHERE kpi_date BETWEEN @from AND @to
        UNION ALL
        SELECT 'revenue', FALSE, CAST(job_subtotal AS FLOAT64)
        FROM ${st_kpi_mart}.kpi_daily_consolidated WHERE kpi_date BETWEEN @from AND @to
        UNION ALL
        SELECT 'revenue', TRUE, CAST(total_job_revenue AS FLOAT64)
        FROM ${st_kpi_mart}.kpi_daily_regional_consolidated WHERE kpi_date BETWEEN @from AND @to
      )
    GROUP BY
      measure
  )
UNION ALL
SELECT
  'sums conserved from raw' AS check_name,
  table_name AS subject,
  -- A request's marts are rebuilt one after the other: what differs may be about to be made again.
  CASE
    WHEN COUNTIF(ABS(in_raw - in_fact) >= 0.005 OR ABS(in_raw - in_consolidated) >= 0.005) = 0
      THEN 'pass'
    WHEN @batch_id = '' THEN 'mention'
    ELSE 'fail'
  END AS status,
  CAST(ROUND(SUM(in_raw), 2) AS STRING) AS expected,
  CONCAT(
    'fact ',
    CAST(ROUND(SUM(in_fact), 2) AS STRING),
    ', consolidated ',
    CAST(ROUND(SUM(in_consolidated), 2) AS STRING)
  ) AS observed,
  'by day and business unit; POST /mart/update/all rebuilds the marts from the raw tables' AS detail
FROM
  last_loads
WHERE
  @batch_id IN ('', batch_id)
GROUP BY
  table_name
UNION ALL
SELECT
  'daily against weekly WBR' AS check_name,
  bu_name AS subject,
  CASE
    WHEN NOT is_whole OR NOT COALESCE(is_comparable, FALSE) THEN 'mention'
    WHEN ABS(daily_sales - weekly_sales) > @reconcile_tolerance * ABS(weekly_sales) THEN 'fail'
    ELSE 'pass'
  END AS status,
  CONCAT('weekly ', CAST(ROUND(weekly_sales, 2) AS STRING)) AS expected,
  CONCAT('daily ', CAST(ROUND(daily_sales, 2) AS STRING)) AS observed,
  IF(
    is_whole,
    'a difference beyond the tolerance means days or estimators are missing',
    'not every day of that week has been pulled daily'
  ) AS detail
FROM
  reconciled
UNION ALL
SELECT
  'homonymous estimators' AS check_name,
  'st_raw.raw_daily_wbr_v2' AS subject,
  IF(COUNT(*) = 0, 'pass', 'mention') AS status,
  'one person a name' AS expected,
  CONCAT(CAST(COUNT(*) AS STRING), ' rows numbered') AS observed,
  'two rows of one pull for one name are two people; the totals hold both' AS detail
FROM
  ${st_raw}.raw_daily_wbr_v2
WHERE
  event_date BETWEEN @from AND @to
  AND REGEXP_CONTAINS(estimator, r' \([0-9]+\)$')
