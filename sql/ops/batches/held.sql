-- The business units of a batch that are held back and not yet confirmed.
SELECT DISTINCT
  unit.business_unit
FROM
  ${log} AS log
CROSS JOIN
  UNNEST(log.held) AS unit
WHERE
  unit.batch_id = @batch_id
EXCEPT DISTINCT
SELECT
  taken.business_unit
FROM
  ${log} AS log
CROSS JOIN
  UNNEST(log.settled) AS taken
WHERE
  taken.batch_id = @batch_id
