-- Check if wbr_daily_fact has data
SELECT COUNT(*), MIN(kpi_date), MAX(kpi_date)
FROM st_kpi_mart.wbr_daily_fact;
