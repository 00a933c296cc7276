SELECT ${columns} FROM ${raw} WHERE ${day} BETWEEN @from AND @to AND ${day} IN UNNEST(@days)
UNION ALL
SELECT ${columns} FROM ${superseded} WHERE ${day} BETWEEN @from AND @to AND ${day} IN UNNEST(@days)
