SELECT kpi_date, region_label, total_estimates, total_completed_est, total_wbr_sales, total_completed_jobs, total_job_revenue
FROM st_kpi_mart.kpi_daily_regional_consolidated
WHERE kpi_date BETWEEN '2025-10-13' AND '2025-10-19'
ORDER BY kpi_date DESC, total_wbr_sales DESC;
