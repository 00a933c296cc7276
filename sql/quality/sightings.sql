-- One row a check that ran: what it found, beside the finding of it that is still open.
-- What follows from another check's failure is the same finding and raises no alert of its own.
-- A finding about days has healed when all of its days were looked at again.
WITH
open_findings AS (
  SELECT
    finding_id,
    check_name,
    subject,
    status,
    days,
    first_seen,
    alerted_at
  FROM
    ${ops}.findings
  WHERE
    pipeline = @pipeline
    AND healed_at IS NULL
),
causes AS (
  SELECT
    known.check_name,
    known.subject,
    MIN(cause) AS same_as
  FROM
    UNNEST(@checks) AS known
  CROSS JOIN
    UNNEST(SPLIT(known.causes, '\n')) AS cause
  LEFT JOIN
    results
    ON cause = CONCAT(results.check_name, ': ', results.subject)
  LEFT JOIN
    open_findings
    ON cause = CONCAT(open_findings.check_name, ': ', open_findings.subject)
  WHERE
    COALESCE(results.status, open_findings.status) = 'fail'
  GROUP BY
    known.check_name,
    known.subject
),
compared AS (
  SELECT
    results.*,
    IF(results.status = 'fail', causes.same_as, NULL) AS same_as,
    known.look,
    known.mend,
    known.can_wait,
    known.dataset,
    known.business_unit,
    known.patience_hours,
    open_findings.finding_id,
    COALESCE(open_findings.first_seen, @now) AS first_seen,
    open_findings.alerted_at,
    IF(known.is_of_days, ARRAY_CONCAT(COALESCE(open_findings.days, []), @days), []) AS days,
    results.status = 'pass'
      AND open_findings.finding_id IS NOT NULL
      AND (
        NOT known.is_of_days
        OR (SELECT COUNTIF(day NOT IN UNNEST(@days)) = 0 FROM UNNEST(open_findings.days) AS day)
      ) AS has_healed
  FROM
    results
  INNER JOIN
    UNNEST(@checks) AS known
    ON results.check_name = known.check_name
    AND results.subject = known.subject
  LEFT JOIN
    open_findings
    ON results.check_name = open_findings.check_name
    AND results.subject = open_findings.subject
  LEFT JOIN
    causes
    ON results.check_name = causes.check_name
    AND results.subject = causes.subject
)
SELECT
  compared.* EXCEPT (finding_id, days),
  COALESCE(
    finding_id,
    TO_HEX(SHA256(CONCAT(step, ' ', check_name, ' ', subject)))
  ) AS finding_id,
  ARRAY(SELECT DISTINCT day FROM UNNEST(days) AS day ORDER BY day) AS days,
  CASE
    WHEN has_healed AND alerted_at IS NOT NULL THEN 'healed'
    WHEN
      status = 'fail'
      AND same_as IS NULL
      AND alerted_at IS NULL
      AND TIMESTAMP_DIFF(@now, first_seen, HOUR) >= patience_hours
      THEN 'opened'
  END AS alert
FROM
  compared
