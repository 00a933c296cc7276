-- Check if BU names match mapping
SELECT * FROM st_kpi_mart.dim_regional_bu_map
WHERE bu_key LIKE '%Phoenix%';
