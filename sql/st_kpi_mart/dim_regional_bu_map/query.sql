-- Which region a business unit belongs to: one row a business unit, from the newest dropped map.
SELECT
  region_key,
  region_label,
  bu_key,
  bu_type
FROM
  ${st_raw}.raw_regional_bu_map
WHERE
  listed_on BETWEEN DATE '1960-01-01' AND DATE '2159-12-31'
