-- What became of one batch's rows.
SELECT
  (
    SELECT
      COUNT(*)
    FROM
      ${raw}
    WHERE
      ${day} BETWEEN @from AND @to
      AND _batch_id = @batch_id
  ) AS kept,
  (
    SELECT
      COUNT(*)
    FROM
      ${superseded}
    WHERE
      ${day} BETWEEN @from AND @to
      AND _batch_id = @batch_id
  ) AS superseded
