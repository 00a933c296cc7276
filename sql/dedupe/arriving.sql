-- CTE: the settled batches' rows in the staging tables, less those of units that are held back.
arriving AS (
  SELECT
    staged.*
  FROM
    (
      ${staged}
    ) AS staged
  INNER JOIN
    taken
    ON staged._batch_id = taken.batch_id
    AND taken.business_unit IS NULL
  LEFT JOIN
    held
    ON staged._batch_id = held.batch_id
    AND held.business_unit = ${staged_unit}
  WHERE
    held.batch_id IS NULL
)
