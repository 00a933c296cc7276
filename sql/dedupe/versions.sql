-- CTEs: every version of the touched keys, wherever it is. Key columns alone are read outside the
-- touched days. A row is known by its batch and position: one that is there doesn't arrive again.
touched_keys AS (
  SELECT ${keys} FROM ${raw}
  WHERE ${touched}
  UNION DISTINCT
  SELECT ${keys} FROM ${superseded}
  WHERE ${touched}
  UNION DISTINCT
  SELECT ${keys} FROM arriving
),
placed_rows AS (
  SELECT ${decision_columns}, 1 AS place, CAST(NULL AS STRING) AS moved_by, CAST(NULL AS STRING) AS reason
  FROM ${raw}
  WHERE ${day} BETWEEN ${extent}
  UNION ALL
  SELECT ${decision_columns}, 2 AS place, _superseded_by AS moved_by, _superseded_reason AS reason
  FROM ${superseded}
  WHERE ${day} BETWEEN ${extent}
  UNION ALL
  SELECT ${decision_columns}, 3 AS place, CAST(NULL AS STRING) AS moved_by, CAST(NULL AS STRING) AS reason
  FROM arriving
),
versions AS (
  SELECT
    placed_rows.*,
    ${key_text} AS key_text,
    withdrawn.withdrawal_id
  FROM
    placed_rows
  INNER JOIN
    touched_keys
    ON ${same_key}
  LEFT JOIN
    withdrawn
    ON placed_rows._batch_id = withdrawn.batch_id
  QUALIFY
    ROW_NUMBER() OVER (PARTITION BY placed_rows._batch_id, placed_rows._row ORDER BY placed_rows.place) = 1
)
