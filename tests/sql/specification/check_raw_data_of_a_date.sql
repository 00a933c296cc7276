-- Check raw data for specific date
SELECT * FROM st_raw.raw_daily_wbr_v2
WHERE event_date = '2025-10-18' AND bu_name = 'Phoenix-Sales';
