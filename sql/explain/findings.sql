-- What the checks have found in some tables and has not healed.
SELECT
  check_name,
  subject,
  status,
  found,
  first_seen
FROM
  ${ops}.findings
WHERE
  subject IN UNNEST(@subjects)
  AND healed_at IS NULL
ORDER BY
  first_seen
