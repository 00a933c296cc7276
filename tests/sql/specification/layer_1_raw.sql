SELECT event_date, bu_name, COUNT(*) as records, SUM(total_sales) as total
FROM st_raw.raw_daily_wbr_v2
WHERE event_date BETWEEN '2025-10-13' AND '2025-10-19'
GROUP BY event_date, bu_name
ORDER BY event_date DESC, total DESC;
