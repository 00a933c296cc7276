-- One row a day and individual business unit: every fact side by side, NULL where it has none.
WITH
date_bu_spine AS (
  SELECT kpi_date, bu_key FROM ${st_kpi_mart}.leads_daily_fact
  WHERE kpi_date BETWEEN @from AND @to AND kpi_date IN UNNEST(@days)
  UNION DISTINCT
  SELECT kpi_date, bu_key FROM ${st_kpi_mart}.collections_daily_fact
  WHERE kpi_date BETWEEN @from AND @to AND kpi_date IN UNNEST(@days)
  UNION DISTINCT
  SELECT kpi_date, bu_key FROM ${st_kpi_mart}.wbr_daily_fact
  WHERE kpi_date BETWEEN @from AND @to AND kpi_date IN UNNEST(@days)
  UNION DISTINCT
  SELECT kpi_date, bu_key FROM ${st_kpi_mart}.foreman_daily_fact
  WHERE kpi_date BETWEEN @from AND @to AND kpi_date IN UNNEST(@days)
)
SELECT
  spine.kpi_date,
  spine.bu_key,
  leads.leads,
  collections.collected_amount,
  wbr.estimates AS sales_opportunities,
  wbr.booked AS closed_opportunities,
  wbr.close_rate_decimal,
  wbr.completed_est,
  wbr.total_sales AS wbr_total_sales,
  wbr.avg_closed_sale,
  foreman.total_jobs AS completed_jobs,
  foreman.total_subtotal AS job_subtotal,
  foreman.total_costs AS job_costs,
  foreman.gm_pct AS gross_margin_pct
FROM
  date_bu_spine AS spine
LEFT JOIN
  ${st_kpi_mart}.leads_daily_fact AS leads
  ON spine.kpi_date = leads.kpi_date
  AND spine.bu_key = leads.bu_key
  AND leads.kpi_date BETWEEN @from AND @to
LEFT JOIN
  ${st_kpi_mart}.collections_daily_fact AS collections
  ON spine.kpi_date = collections.kpi_date
  AND spine.bu_key = collections.bu_key
  AND collections.kpi_date BETWEEN @from AND @to
LEFT JOIN
  ${st_kpi_mart}.wbr_daily_fact AS wbr
  ON spine.kpi_date = wbr.kpi_date
  AND spine.bu_key = wbr.bu_key
  AND wbr.kpi_date BETWEEN @from AND @to
LEFT JOIN
  ${st_kpi_mart}.foreman_daily_fact AS foreman
  ON spine.kpi_date = foreman.kpi_date
  AND spine.bu_key = foreman.bu_key
  AND foreman.kpi_date BETWEEN @from AND @to
