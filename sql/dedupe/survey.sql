-- What is to be moved: rows by day, batch, successor and reason.
WITH
${losers}
SELECT
  ${day} AS day,
  _batch_id AS batch_id,
  superseded_by,
  reason,
  COUNT(*) AS row_count
FROM
  losers
GROUP BY
  day,
  batch_id,
  superseded_by,
  reason
