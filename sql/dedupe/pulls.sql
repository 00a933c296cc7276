-- CTE: the pulls that count, each settled batch's scope and window, less those withdrawn.
pulls AS (
  SELECT DISTINCT
    entry.batch_id,
    entry.business_unit,
    entry.window_from,
    entry.window_to,
    entry.pulled_at
  FROM
    ${ops}.batches AS entry
  INNER JOIN
    taken
    ON entry.batch_id = taken.batch_id
  LEFT JOIN
    withdrawn
    ON entry.batch_id = withdrawn.batch_id
  WHERE
    entry.table_name = '${address}'
    AND ${supersedes_window}
    AND withdrawn.batch_id IS NULL
)
