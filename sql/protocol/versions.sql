-- Each log's versions since @since, with the newest before them that took all that was due; and older
-- ones (is_older) that settled a batch of theirs.
WITH
versions AS (
  SELECT
    name,
    version,
    committed_at,
    replaced_at,
    days,
    settled,
    held,
    withdrawals,
    requests,
    inputs,
    rules,
    is_partial,
    counts
  FROM
    ${ops}.versions
),
floors AS (
  SELECT
    name,
    COALESCE(MAX(IF(committed_at < @since AND NOT is_partial, version, NULL)), MIN(version)) AS version
  FROM
    versions
  GROUP BY
    name
),
settled AS (
  SELECT
    versions.name,
    versions.version,
    taken.batch_id,
    versions.version < floors.version AS is_older
  FROM
    versions
  INNER JOIN
    floors
    ON versions.name = floors.name
  CROSS JOIN
    UNNEST(versions.settled) AS taken
),
settled_again AS (
  SELECT DISTINCT
    older.name,
    older.version
  FROM
    settled AS older
  INNER JOIN
    settled AS newer
    ON older.name = newer.name
    AND older.batch_id = newer.batch_id
  WHERE
    older.is_older
    AND NOT newer.is_older
)
SELECT
  versions.*,
  versions.version < floors.version AS is_older
FROM
  versions
INNER JOIN
  floors
  ON versions.name = floors.name
LEFT JOIN
  settled_again
  ON versions.name = settled_again.name
  AND versions.version = settled_again.version
WHERE
  versions.version >= floors.version
  OR settled_again.version IS NOT NULL
ORDER BY
  versions.name,
  versions.version
