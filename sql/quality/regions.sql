-- One row a measure, day and region whose total in the view is not its business units'.
WITH
unit_sums AS (
  SELECT
    kpis.kpi_date,
    bu_map.region_key,
    CAST(SUM(kpis.leads) AS FLOAT64) AS leads,
    CAST(SUM(kpis.collected_amount) AS FLOAT64) AS collections,
    CAST(SUM(kpis.wbr_total_sales) AS FLOAT64) AS sales,
    CAST(SUM(kpis.job_subtotal) AS FLOAT64) AS revenue
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
),
compared AS (
  SELECT
    unit_sums.kpi_date,
    unit_sums.region_key,
    measure.name,
    measure.in_units,
    measure.in_region
  FROM
    unit_sums
  LEFT JOIN
    ${st_kpi_mart}.kpi_daily_regional_consolidated AS regions
    ON unit_sums.kpi_date = regions.kpi_date
    AND unit_sums.region_key = regions.region_key
    AND regions.kpi_date BETWEEN @from AND @to
  CROSS JOIN
    UNNEST([
      STRUCT(
        'leads' AS name,
        unit_sums.leads AS in_units,
        CAST(regions.total_leads AS FLOAT64) AS in_region
      ),
      STRUCT('collections', unit_sums.collections, CAST(regions.total_collections AS FLOAT64)),
      STRUCT('sales', unit_sums.sales, CAST(regions.total_wbr_sales AS FLOAT64)),
      STRUCT('revenue', unit_sums.revenue, CAST(regions.total_job_revenue AS FLOAT64))
    ]) AS measure
)
SELECT
  'regions are their units' AS check_name,
  'st_kpi_mart.kpi_daily_regional_consolidated' AS subject,
  CAST(NULL AS STRING) AS status,
  CONCAT(name, ' ', CAST(ROUND(in_units, 2) AS STRING)) AS expected,
  CONCAT(name, ' ', COALESCE(CAST(ROUND(in_region, 2) AS STRING), 'NULL')) AS found,
  CONCAT('day ', CAST(kpi_date AS STRING), ', region ', region_key) AS row_key
FROM
  compared
WHERE
  in_units IS NOT NULL
  AND COALESCE(ABS(in_units - in_region) >= 0.005, TRUE)
