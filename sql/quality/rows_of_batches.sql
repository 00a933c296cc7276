-- Every row of some batches, current or superseded.
SELECT ${columns} FROM ${raw}
WHERE ${day} BETWEEN DATE '1960-01-01' AND DATE '2159-12-31' AND _batch_id IN UNNEST(@batches)
UNION ALL
SELECT ${columns} FROM ${superseded}
WHERE ${day} BETWEEN DATE '1960-01-01' AND DATE '2159-12-31' AND _batch_id IN UNNEST(@batches)
