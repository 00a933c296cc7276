-- One row a fault of the region map: keys, texts, labels, types, and what it has in common with the
-- catalogue and the facts.
WITH
bu_map AS (
  SELECT
    region_key,
    region_label,
    bu_key,
    bu_type
  FROM
    ${st_kpi_mart}.dim_regional_bu_map
),
faults AS (
  SELECT
    'map keys unique' AS check_name,
    CONCAT(CAST(COUNT(*) AS STRING), ' rows of ', MIN(bu_key)) AS found,
    MIN(bu_key) AS bu_key
  FROM bu_map
  GROUP BY LOWER(TRIM(bu_key))
  HAVING COUNT(*) > 1
  UNION ALL
  SELECT
    'map texts clean' AS check_name,
    CONCAT("'", text, "'") AS found,
    bu_key
  FROM bu_map
  CROSS JOIN UNNEST([region_key, region_label, bu_key, bu_type]) AS text
  WHERE text != TRIM(text) OR text = '' OR REGEXP_CONTAINS(text, r'\s\s')
  UNION ALL
  SELECT
    'one label a region' AS check_name,
    CONCAT(
      MIN(region_key), ' is ',
      STRING_AGG(DISTINCT region_label, ' and ' ORDER BY region_label)
    ) AS found,
    MIN(bu_key) AS bu_key
  FROM bu_map
  GROUP BY LOWER(TRIM(region_key))
  HAVING COUNT(DISTINCT region_label) > 1
  UNION ALL
  SELECT
    'one label a region' AS check_name,
    CONCAT(
      MIN(region_label), ' is ',
      STRING_AGG(DISTINCT region_key, ' and ' ORDER BY region_key)
    ) AS found,
    MIN(bu_key) AS bu_key
  FROM bu_map
  GROUP BY LOWER(TRIM(region_label))
  HAVING COUNT(DISTINCT region_key) > 1
  UNION ALL
  SELECT
    'map types known' AS check_name,
    CONCAT('bu_type ', bu_type) AS found,
    bu_key
  FROM bu_map
  WHERE bu_type NOT IN ('Sales', 'Production')
  UNION ALL
  SELECT
    'map agrees with the catalogue' AS check_name,
    CONCAT(bu_key, ' is not in the catalogue') AS found,
    bu_key
  FROM bu_map
  WHERE bu_key NOT IN UNNEST(@known_units)
  UNION ALL
  SELECT
    'map agrees with the catalogue' AS check_name,
    CONCAT(unit, ' is not in the map') AS found,
    unit AS bu_key
  FROM UNNEST(@open_units) AS unit
  LEFT JOIN bu_map ON unit = bu_map.bu_key
  WHERE bu_map.bu_key IS NULL AND EXISTS (SELECT 1 FROM bu_map)
  UNION ALL
  SELECT DISTINCT
    'business units mapped' AS check_name,
    CONCAT('not in the map: ', kpis.bu_key) AS found,
    kpis.bu_key
  FROM ${st_kpi_mart}.kpi_daily_consolidated AS kpis
  LEFT JOIN bu_map ON kpis.bu_key = bu_map.bu_key
  WHERE kpis.kpi_date BETWEEN @from AND @to AND bu_map.bu_key IS NULL
)
SELECT
  check_name,
  'st_kpi_mart.dim_regional_bu_map' AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  found,
  CONCAT('bu_key ', bu_key) AS row_key
FROM
  faults
