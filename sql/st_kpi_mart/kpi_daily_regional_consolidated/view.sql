-- One row a day and region: Sales and Production business units together. Looker connects here.
WITH
regional_data AS (
  SELECT
    kpis.kpi_date,
    bu_map.region_key,
    bu_map.region_label,
    kpis.leads,
    kpis.collected_amount,
    kpis.sales_opportunities,
    kpis.closed_opportunities,
    kpis.completed_est,
    kpis.wbr_total_sales,
    kpis.completed_jobs,
    kpis.job_subtotal,
    kpis.job_costs
  FROM
    ${st_kpi_mart}.kpi_daily_consolidated AS kpis
  INNER JOIN
    ${st_kpi_mart}.dim_regional_bu_map AS bu_map
    ON kpis.bu_key = bu_map.bu_key
)
SELECT
  kpi_date,
  region_key,
  region_label,
  SUM(leads) AS total_leads,
  SUM(collected_amount) AS total_collections,
  SUM(sales_opportunities) AS total_estimates,
  SUM(closed_opportunities) AS total_booked,
  SAFE_DIVIDE(SUM(closed_opportunities), SUM(sales_opportunities)) AS region_close_rate,
  SUM(completed_est) AS total_completed_est,
  SUM(wbr_total_sales) AS total_wbr_sales,
  SAFE_DIVIDE(SUM(wbr_total_sales), SUM(closed_opportunities)) AS region_avg_closed_sale,
  SUM(completed_jobs) AS total_completed_jobs,
  SUM(job_subtotal) AS total_job_revenue,
  SUM(job_costs) AS total_job_costs,
  CAST(
    SAFE_DIVIDE((SUM(job_subtotal) - SUM(job_costs)) * 100, SUM(job_subtotal)) AS FLOAT64
  ) AS region_gross_margin_pct
FROM
  regional_data
GROUP BY
  kpi_date,
  region_key,
  region_label
