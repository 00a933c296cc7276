CREATE OR REPLACE TABLE kpi_daily_consolidated AS
WITH date_bu_spine AS (
  -- Get all unique (date, bu) combinations from all fact tables
  SELECT DISTINCT kpi_date, bu_key FROM leads_daily_fact
  UNION DISTINCT
  SELECT DISTINCT kpi_date, bu_key FROM collections_daily_fact
  UNION DISTINCT
  SELECT DISTINCT kpi_date, bu_key FROM wbr_daily_fact
  UNION DISTINCT
  SELECT DISTINCT kpi_date, bu_key FROM foreman_daily_fact
)
SELECT
  s.kpi_date,
  s.bu_key,                        -- Individual BU (e.g., "Phoenix-Sales" or "Phoenix-Production")
  l.leads,
  c.collected_amount,
  w.estimates as sales_opportunities,
  w.booked as closed_opportunities,
  w.close_rate_decimal,
  w.completed_est,                 -- ← Completed estimates (from Sales)
  w.total_sales as wbr_total_sales,
  w.avg_closed_sale,
  f.total_jobs as completed_jobs,  -- ← Completed jobs (from Production)
  f.total_subtotal as job_subtotal,
  f.total_costs as job_costs,
  f.gm_pct as gross_margin_pct
FROM date_bu_spine s
LEFT JOIN leads_daily_fact l ON s.kpi_date = l.kpi_date AND s.bu_key = l.bu_key
LEFT JOIN collections_daily_fact c ON s.kpi_date = c.kpi_date AND s.bu_key = c.bu_key
LEFT JOIN wbr_daily_fact w ON s.kpi_date = w.kpi_date AND s.bu_key = w.bu_key
LEFT JOIN foreman_daily_fact f ON s.kpi_date = f.kpi_date AND s.bu_key = f.bu_key
