-- The newest swap of a view to ours, with the query that it had before.
SELECT
  former_query,
  query
FROM
  ${ops}.cut_overs
WHERE
  view_name = @view_name
  AND is_ours
ORDER BY
  swapped_at DESC
LIMIT 1
