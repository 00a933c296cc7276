-- Announcements of batches that load neither entered nor gave up since, each once. What is no JSON
-- has no ids: load had it in its hands, or nobody could do anything with it.
WITH
recorded AS (
  SELECT
    subscription_name,
    JSON_VALUE(data, '$.event_id') AS event_id,
    JSON_VALUE(data, '$.cause') AS cause,
    JSON_VALUE(data, '$.function') AS function_name,
    JSON_VALUE(data, '$.batch_id') AS batch_id,
    data,
    attributes,
    publish_time
  FROM
    ${ops}.events
  WHERE
    publish_time BETWEEN @from AND @now
),
announced AS (
  SELECT
    event_id,
    batch_id,
    data,
    attributes,
    publish_time
  FROM
    recorded
  WHERE
    ENDS_WITH(subscription_name, 'record-ingest-completed')
    AND publish_time <= @to
    AND event_id IS NOT NULL
    AND batch_id IS NOT NULL
  QUALIFY
    ROW_NUMBER() OVER (PARTITION BY batch_id ORDER BY publish_time DESC, data) = 1
),
given_up AS (
  SELECT
    cause,
    MAX(publish_time) AS publish_time
  FROM
    recorded
  WHERE
    ENDS_WITH(subscription_name, 'record-stage-failed')
    AND function_name = 'load'
  GROUP BY
    cause
)
SELECT
  announced.data,
  announced.attributes
FROM
  announced
LEFT JOIN
  (SELECT DISTINCT batch_id FROM ${ops}.batches) AS entered
  ON announced.batch_id = entered.batch_id
LEFT JOIN
  given_up
  ON announced.event_id = given_up.cause
  AND announced.publish_time <= given_up.publish_time
WHERE
  entered.batch_id IS NULL
  AND given_up.cause IS NULL
ORDER BY
  announced.publish_time
