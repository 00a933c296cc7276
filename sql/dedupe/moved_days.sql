-- The days that a step has emptied of rows: known again after a crash, because the move records it.
SELECT DISTINCT
  ${day} AS day
FROM
  ${superseded}
WHERE
  ${day} BETWEEN @first_day AND @last_day
  AND _superseded_step = @step
