-- Which of @entries somebody asked for, of a dataset's or a mart's log.
SELECT
  dataset AS name,
  withdrawal_id AS id
FROM
  ${ops}.withdrawals
WHERE
  withdrawal_id IN UNNEST(@entries)
UNION DISTINCT
SELECT
  name,
  request_id AS id
FROM
  ${ops}.requests
WHERE
  request_id IN UNNEST(@entries)
