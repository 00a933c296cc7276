-- How many rows a batch's window has now, from older pulls: for each day and business unit those of
-- the pull that brought most, because pulls that are not settled yet lie beside one another.
SELECT
  COALESCE(SUM(largest), 0) AS row_count
FROM
  (
    SELECT
      MAX(row_count) AS largest
    FROM
      (
        SELECT
          ${day} AS day,
          ${business_unit} AS business_unit,
          _batch_id,
          COUNT(*) AS row_count
        FROM
          ${raw}
        WHERE
          ${day} BETWEEN @from AND @to
          AND (@every_unit OR ${business_unit} IN UNNEST(@business_units))
          AND (_pulled_at < @pulled_at OR (_pulled_at = @pulled_at AND _batch_id < @batch_id))
        GROUP BY
          day,
          business_unit,
          _batch_id
      )
    GROUP BY
      day,
      business_unit
  )
