-- Replaces the given days of a table by what its query gives for them, in one atomic statement.
MERGE
  ${table} AS current_rows
USING (
  ${query}
) AS fresh
ON
  FALSE
WHEN NOT MATCHED BY SOURCE
  AND current_rows.${day} BETWEEN @from AND @to
  AND (@every_day OR current_rows.${day} IN UNNEST(@days))
  THEN DELETE
WHEN NOT MATCHED BY TARGET THEN
  INSERT (${columns})
  VALUES (${columns})
