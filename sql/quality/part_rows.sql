SELECT
  ${unit} AS unit,
  ${day} AS day,
  _batch_id,
  _row,
  ${measures}
FROM
  ${rows}
WHERE
  ${day} BETWEEN DATE_SUB(@from, INTERVAL 31 DAY) AND DATE_ADD(@to, INTERVAL 31 DAY)
