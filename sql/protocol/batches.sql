-- What the ledger has of @batches, whose rows it has for each table and business unit, and perhaps
-- more than once.
WITH
tables AS (
  SELECT
    batch_id,
    dataset,
    table_name,
    MAX(loaded) AS loaded,
    MIN(loaded_at) AS loaded_at
  FROM
    ${ops}.batches
  WHERE
    batch_id IN UNNEST(@batches)
  GROUP BY
    batch_id,
    dataset,
    table_name
)
SELECT
  batch_id,
  dataset,
  SUM(loaded) AS loaded,
  MIN(loaded_at) AS entered_at
FROM
  tables
GROUP BY
  batch_id,
  dataset
