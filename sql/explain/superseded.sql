-- Rows of ${address} that were superseded: what they said, until when, and because of what.
SELECT
  ${columns},
  _superseded_at,
  _superseded_reason,
  _superseded_by
FROM
  ${superseded}
WHERE
  ${where}
ORDER BY
  _superseded_at
