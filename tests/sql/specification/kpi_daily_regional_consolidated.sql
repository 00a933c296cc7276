CREATE OR REPLACE VIEW kpi_daily_regional_consolidated AS
WITH regional_data AS (
  SELECT
    k.kpi_date,
    m.region_key,
    m.region_label,
    k.leads,
    k.collected_amount,
    k.sales_opportunities,
    k.closed_opportunities,
    k.close_rate_decimal,
    k.completed_est,           -- From Sales BU
    k.wbr_total_sales,
    k.avg_closed_sale,
    k.completed_jobs,          -- From Production BU
    k.job_subtotal,
    k.job_costs,
    k.gross_margin_pct
  FROM kpi_daily_consolidated k
  JOIN dim_regional_bu_map m ON k.bu_key = m.bu_key
)
SELECT
  kpi_date,
  region_key,
  region_label,
  -- SUM across Sales + Production BUs for the same region
  SUM(leads) as total_leads,
  SUM(collected_amount) as total_collections,
  SUM(sales_opportunities) as total_estimates,
  SUM(closed_opportunities) as total_booked,
  SAFE_DIVIDE(SUM(closed_opportunities), SUM(sales_opportunities)) as region_close_rate,
  SUM(completed_est) as total_completed_est,
  SUM(wbr_total_sales) as total_wbr_sales,
  SAFE_DIVIDE(SUM(wbr_total_sales), SUM(closed_opportunities)) as region_avg_closed_sale,
  SUM(completed_jobs) as total_completed_jobs,
  SUM(job_subtotal) as total_job_revenue,
  SUM(job_costs) as total_job_costs,
  SAFE_DIVIDE((SUM(job_subtotal) - SUM(job_costs)) * 100.0, SUM(job_subtotal)) as region_gross_margin_pct
FROM regional_data
GROUP BY kpi_date, region_key, region_label
