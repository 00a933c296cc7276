-- One row a night: how many figures were compared, and how they came out, the newest night first.
SELECT
  night,
  COUNTIF(verdict = 'equal') AS equal,
  COUNTIF(verdict = 'explained') AS explained,
  COUNTIF(verdict = 'unexplained') AS unexplained
FROM
  ${ops}.shadow
WHERE
  view_name = @view_name
GROUP BY
  night
ORDER BY
  night DESC
