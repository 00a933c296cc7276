SELECT kpi_date, bu_key, sales_opportunities, completed_est, wbr_total_sales, completed_jobs, job_subtotal
FROM st_kpi_mart.kpi_daily_consolidated
WHERE kpi_date BETWEEN '2025-10-13' AND '2025-10-19'
  AND (bu_key LIKE '%Phoenix%' OR bu_key LIKE '%Tucson%')
ORDER BY kpi_date DESC, bu_key;
