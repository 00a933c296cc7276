SELECT '${address}' AS table_name, FALSE AS is_superseded, ${row_key} AS row_key, _batch_id, _row
FROM ${raw} AS stored
WHERE ${day} BETWEEN @from AND @to
UNION ALL
SELECT '${address}' AS table_name, TRUE AS is_superseded, ${version_key} AS row_key, _batch_id, _row
FROM ${superseded} AS stored
WHERE ${day} BETWEEN @from AND @to
