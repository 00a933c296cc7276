SELECT kpi_date, bu_key, estimates, booked, completed_est, total_sales
FROM st_kpi_mart.wbr_daily_fact
WHERE kpi_date BETWEEN '2025-10-13' AND '2025-10-19'
ORDER BY kpi_date DESC, total_sales DESC;
