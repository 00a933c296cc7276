-- Matches as at each day: one row a match and sync_date.
WITH lead_matches AS (
  SELECT
    *
  FROM
    ${partyhelp_raw}.lead_matches
  WHERE
    sync_date BETWEEN @from AND @to
    AND sync_date IN UNNEST(@days)
),
venues AS (
  SELECT
    sync_date,
    id,
    business_name
  FROM
    ${partyhelp_raw}.venues
  WHERE
    sync_date BETWEEN @from AND @to
    AND sync_date IN UNNEST(@days)
)
SELECT
  lead_matches.id AS lead_match_id,
  lead_matches.lead_id,
  lead_matches.venue_id,
  venues.business_name AS venue_business_name,
  CAST(lead_matches.match_score AS FLOAT64) AS match_score,
  lead_matches.status,
  lead_matches.notified_at,
  lead_matches.viewed_at,
  lead_matches.purchased_at,
  lead_matches.sync_date
FROM
  lead_matches
LEFT JOIN
  venues
  ON lead_matches.sync_date = venues.sync_date
  AND lead_matches.venue_id = venues.id
