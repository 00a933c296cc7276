-- Sales as at each day: one row a purchase and sync_date, with its lead's and venue's context.
-- Deleted leads and venues keep giving context; missing ones leave it NULL.
WITH lead_purchases AS (
  SELECT
    *
  FROM
    ${partyhelp_raw}.lead_purchases
  WHERE
    sync_date BETWEEN @from AND @to
    AND sync_date IN UNNEST(@days)
),
leads AS (
  SELECT
    sync_date,
    id,
    occasion_type,
    preferred_date,
    guest_count,
    suburb
  FROM
    ${partyhelp_raw}.leads
  WHERE
    sync_date BETWEEN @from AND @to
    AND sync_date IN UNNEST(@days)
),
occasion_types AS (
  SELECT
    sync_date,
    key,
    label
  FROM
    ${partyhelp_raw}.occasion_types
  WHERE
    sync_date BETWEEN @from AND @to
    AND sync_date IN UNNEST(@days)
),
venues AS (
  SELECT
    sync_date,
    id,
    business_name,
    area_id
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
  lead_purchases.id AS lead_purchase_id,
  lead_purchases.lead_id,
  lead_purchases.venue_id,
  leads.occasion_type,
  COALESCE(occasion_types.label, leads.occasion_type) AS occasion_label,
  leads.preferred_date,
  leads.guest_count,
  leads.suburb AS lead_suburb,
  lead_purchases.lead_status,
  venues.business_name AS venue_business_name,
  areas.name AS venue_area_name,
  CAST(lead_purchases.amount_paid AS FLOAT64) AS amount_paid,
  lead_purchases.discount_percent,
  lead_purchases.created_at AS purchased_at,
  lead_purchases.sync_date
FROM
  lead_purchases
LEFT JOIN
  leads
  ON lead_purchases.sync_date = leads.sync_date
  AND lead_purchases.lead_id = leads.id
LEFT JOIN
  occasion_types
  ON leads.sync_date = occasion_types.sync_date
  AND leads.occasion_type = occasion_types.key
LEFT JOIN
  venues
  ON lead_purchases.sync_date = venues.sync_date
  AND lead_purchases.venue_id = venues.id
LEFT JOIN
  areas
  ON venues.sync_date = areas.sync_date
  AND venues.area_id = areas.id
