-- CTE: the requests and withdrawals that a version has answered.
answered AS (
  SELECT DISTINCT
    id
  FROM
    ${log} AS log
  CROSS JOIN
    UNNEST(ARRAY_CONCAT(log.requests, log.withdrawals)) AS id
)
