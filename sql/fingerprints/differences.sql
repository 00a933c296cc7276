-- What differs between fingerprints that are expected and those that are found. Sums agree to half a
-- cent: doubles and decimals add up alike to four places.
SELECT
  table_name,
  batch_id,
  day,
  NULLIF(unit, '') AS business_unit,
  name,
  ${expected_text} AS expected,
  ${found_text} AS found
FROM
  (SELECT *, COALESCE(business_unit, '') AS unit FROM (
${expected}
  )) AS expected
FULL JOIN
  (SELECT *, COALESCE(business_unit, '') AS unit FROM (
${found}
  )) AS found
  USING (table_name, batch_id, day, unit, name)
WHERE
  COALESCE(expected.filled, 0) != COALESCE(found.filled, 0)
  OR ABS(COALESCE(expected.total, 0) - COALESCE(found.total, 0)) >= 0.005
  OR ABS(COALESCE(expected.weighted, 0) - COALESCE(found.weighted, 0)) >= 0.005
  OR expected.least IS DISTINCT FROM found.least
  OR expected.greatest IS DISTINCT FROM found.greatest
