-- One row a business unit of the facts that is in no region.
SELECT DISTINCT
  'business units mapped' AS check_name,
  'st_kpi_mart.dim_regional_bu_map' AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT('not in the map: ', kpis.bu_key) AS found,
  CONCAT('bu_key ', kpis.bu_key) AS row_key
FROM
  ${st_kpi_mart}.kpi_daily_consolidated AS kpis
LEFT JOIN
  ${st_kpi_mart}.dim_regional_bu_map AS bu_map
  ON kpis.bu_key = bu_map.bu_key
WHERE
  kpis.kpi_date BETWEEN @from AND @to
  AND bu_map.bu_key IS NULL
