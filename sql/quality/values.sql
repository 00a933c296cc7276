-- One row a row of ${address} that breaks a rule of value.
SELECT
  rule.check_name,
  '${address}' AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  rule.found,
  ${row_key} AS row_key
FROM
  ${raw} AS current_rows
LEFT JOIN
  (
    SELECT batch_id, MIN(window_from) AS window_from, MAX(window_to) AS window_to
    FROM settled_batches
    WHERE table_name = '${address}'
    GROUP BY batch_id
  ) AS pull
  ON current_rows._batch_id = pull.batch_id
CROSS JOIN
  UNNEST([
${rules}
  ]) AS rule
WHERE
  current_rows.${day} BETWEEN @from AND @to
  AND current_rows.${day} IN UNNEST(@days)
  AND rule.is_broken
