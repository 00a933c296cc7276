-- Venues as at each day: one row a venue and sync_date. A deleted venue stays, marked.
WITH venues AS (
  SELECT
    *
  FROM
    ${partyhelp_raw}.venues
  WHERE
    sync_date BETWEEN @from AND @to
    AND sync_date IN UNNEST(@days)
),
areas AS (
  SELECT
    sync_date,
    id,
    name
  FROM
    ${partyhelp_raw}.areas
  WHERE
    sync_date BETWEEN @from AND @to
    AND sync_date IN UNNEST(@days)
)
SELECT
  venues.id AS venue_id,
  venues.business_name,
  venues.area_id,
  areas.name AS area_name,
  venues.suburb,
  venues.state,
  venues.postcode,
  venues.status,
  CAST(venues.credit_balance AS FLOAT64) AS credit_balance,
  venues.approved_at,
  venues.last_activity_at,
  venues.created_at,
  venues.sync_date,
  venues.deleted_at IS NOT NULL AS is_deleted
FROM
  venues
LEFT JOIN
  areas
  ON venues.sync_date = areas.sync_date
  AND venues.area_id = areas.id
