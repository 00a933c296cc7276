SELECT ${columns} FROM ${raw} WHERE ${day} BETWEEN @from AND @to
UNION ALL
SELECT ${columns} FROM ${superseded} WHERE ${day} BETWEEN @from AND @to
