-- The days that a mart has to rebuild: those of its inputs' versions that it does not show yet, those
-- of waiting requests, and every day where its SQL has changed. The newest @most_days of them.
WITH
${due_days},
due_days AS (
  SELECT day
  FROM due
  GROUP BY day
  QUALIFY ROW_NUMBER() OVER (ORDER BY day DESC) <= @most_days
)
SELECT AS STRUCT
  (SELECT MAX(version) + 1 FROM own) AS version,
  (SELECT COUNT(DISTINCT day) FROM due) > @most_days AS is_partial,
  (SELECT COALESCE(MIN(cause), 'load') FROM due) AS cause,
  ARRAY(SELECT day FROM due_days ORDER BY day) AS days,
  ARRAY(
    SELECT AS STRUCT name, version
    FROM newest
    ORDER BY name
  ) AS inputs,
  ARRAY(SELECT DISTINCT request_id FROM waiting_requests ORDER BY request_id) AS requests
