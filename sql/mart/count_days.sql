-- How many rows a table has on the given days.
SELECT
  COUNT(*) AS row_count
FROM
  ${table}
WHERE
  ${day} BETWEEN @from AND @to
  AND (@every_day OR ${day} IN UNNEST(@days))
