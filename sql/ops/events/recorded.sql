-- What was recorded of a run (without a run id: of every run) between two instants. Pub/Sub may have
-- written an event more than once; a schedule's request has no run id yet.
SELECT
  subscription_name,
  message_id,
  publish_time,
  data,
  attributes
FROM ${ops}.events
WHERE publish_time BETWEEN @from AND @to
  AND (@run_id = '' OR COALESCE(JSON_VALUE(attributes, '$.run_id'), @run_id) = @run_id)
ORDER BY publish_time
