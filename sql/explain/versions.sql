-- Versions of change logs, named as `log version`, and the versions of their inputs that they show.
SELECT
  name,
  version,
  committed_at,
  cause,
  ARRAY_TO_STRING(
    ARRAY(SELECT CONCAT(input.name, ' ', CAST(input.version AS STRING)) FROM UNNEST(inputs) AS input ORDER BY input.name),
    ', '
  ) AS inputs
FROM
  ${ops}.versions
WHERE
  CONCAT(name, ' ', CAST(version AS STRING)) IN UNNEST(@versions)
ORDER BY
  committed_at
