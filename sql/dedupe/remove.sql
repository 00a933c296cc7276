-- Takes out of the raw table what has been copied to where superseded rows are kept.
DELETE FROM
  ${raw} AS rows_now
WHERE
  rows_now.${day} BETWEEN @from AND @to
  AND (@every_day OR rows_now.${day} IN UNNEST(@days))
  AND EXISTS (
    SELECT
      1
    FROM
      ${superseded} AS kept
    WHERE
      kept.${day} BETWEEN @from AND @to
      AND kept._batch_id = rows_now._batch_id
      AND kept._row = rows_now._row
  )
