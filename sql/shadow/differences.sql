-- What a night's comparison found to differ, the unexplained first.
SELECT
  kpi_date,
  region_key,
  measure,
  theirs,
  ours,
  verdict,
  reason
FROM
  ${ops}.shadow
WHERE
  view_name = @view_name
  AND night = @night
  AND verdict != 'equal'
ORDER BY
  verdict DESC,
  kpi_date,
  region_key,
  measure
