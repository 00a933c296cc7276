-- Check if consolidated has data
SELECT COUNT(*), MIN(kpi_date), MAX(kpi_date)
FROM st_kpi_mart.kpi_daily_consolidated
WHERE sales_opportunities IS NOT NULL;
