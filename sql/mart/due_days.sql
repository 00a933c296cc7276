-- Each day that a mart has to rebuild, with its cause: of its inputs' newer versions, of requests that
-- wait, and every day where its SQL has changed. A part of other statements.
own AS (
  SELECT version, committed_at, inputs, rules, requests, is_partial, days
  FROM ${log}
),
-- The newest version that took all that was due, and what those after it have done since.
base AS (
  SELECT version, inputs, rules
  FROM own
  WHERE NOT is_partial
  QUALIFY ROW_NUMBER() OVER (ORDER BY version DESC) = 1
),
input_versions AS (
${inputs}
),
newest AS (
  SELECT name, MAX(version) AS version
  FROM input_versions
  GROUP BY name
),
-- A version beyond the newest is of a log that was lost and begun anew: nothing of it is shown.
shown AS (
  SELECT input.name, input.version
  FROM base
  CROSS JOIN UNNEST(base.inputs) AS input
  INNER JOIN newest ON input.name = newest.name AND input.version <= newest.version
),
done_since AS (
  SELECT day, input.name, own.rules, MAX(input.version) AS version, MAX(own.committed_at) AS committed_at
  FROM own
  INNER JOIN base ON own.version > base.version
  CROSS JOIN UNNEST(own.days) AS day
  CROSS JOIN UNNEST(own.inputs) AS input
  GROUP BY day, input.name, own.rules
),
input_days AS (
  SELECT input_versions.name, day, MAX(input_versions.version) AS version
  FROM input_versions
  CROSS JOIN UNNEST(input_versions.days) AS day
  GROUP BY input_versions.name, day
),
every_day AS (
  SELECT day FROM input_days
  UNION DISTINCT
  SELECT day FROM own CROSS JOIN UNNEST(own.days) AS day
),
waiting_requests AS (
  SELECT entry.request_id, entry.every_day, entry.days, entry.entered_at
  FROM ${ops}.requests AS entry
  LEFT JOIN (SELECT DISTINCT request_id FROM own CROSS JOIN UNNEST(own.requests) AS request_id) AS answered
    ON entry.request_id = answered.request_id
  WHERE entry.name = @log
    AND answered.request_id IS NULL
),
asked AS (
  SELECT day, MAX(waiting_requests.entered_at) AS entered_at
  FROM waiting_requests
  CROSS JOIN UNNEST(waiting_requests.days) AS day
  WHERE NOT waiting_requests.every_day
  GROUP BY day
  UNION ALL
  SELECT every_day.day, MAX(waiting_requests.entered_at) AS entered_at
  FROM waiting_requests
  CROSS JOIN every_day
  WHERE waiting_requests.every_day
  GROUP BY every_day.day
),
due AS (
  SELECT input_days.day, 'load' AS cause
  FROM input_days
  LEFT JOIN shown ON input_days.name = shown.name
  LEFT JOIN done_since ON input_days.name = done_since.name AND input_days.day = done_since.day
  GROUP BY input_days.name, input_days.day, input_days.version
  HAVING input_days.version > GREATEST(
    COALESCE(MAX(shown.version), 0),
    COALESCE(MAX(done_since.version), 0)
  )
  UNION ALL
  SELECT asked.day, 'request' AS cause
  FROM asked
  LEFT JOIN done_since ON asked.day = done_since.day
  GROUP BY asked.day, asked.entered_at
  HAVING MAX(done_since.committed_at) IS NULL
    OR MAX(done_since.committed_at) <= asked.entered_at
  UNION ALL
  SELECT every_day.day, 'deploy' AS cause
  FROM every_day
  INNER JOIN base ON base.version > 0 AND base.rules != @rules
  LEFT JOIN done_since ON every_day.day = done_since.day AND done_since.rules = @rules
  WHERE done_since.day IS NULL
)
