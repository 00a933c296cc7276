-- All days on which a dataset has rows, less those that the partial versions since the last whole one
-- have been through.
WITH
partial_versions AS (
  SELECT
    version,
    days
  FROM
    ${log}
  WHERE
    is_partial
    AND version > (SELECT MAX(version) FROM ${log} WHERE NOT is_partial)
),
done AS (
  SELECT DISTINCT
    day
  FROM
    partial_versions
  CROSS JOIN
    UNNEST(days) AS day
)
SELECT
  days.day
FROM
  (
${days}
  ) AS days
LEFT JOIN
  done
  ON days.day = done.day
WHERE
  done.day IS NULL
