-- Leads as at each day: one row a lead and sync_date.
-- A deleted lead stays, marked; an occasion without a row of its own is its own label.
WITH leads AS (
  SELECT
    *
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
)
SELECT
  leads.id AS lead_id,
  leads.occasion_type,
  COALESCE(occasion_types.label, leads.occasion_type) AS occasion_label,
  leads.guest_count,
  leads.preferred_date,
  leads.suburb,
  leads.status,
  CAST(leads.base_price AS FLOAT64) AS base_price,
  CAST(leads.current_price AS FLOAT64) AS current_price,
  leads.discount_percent,
  leads.purchase_target,
  leads.purchase_count,
  leads.distributed_at,
  leads.fulfilled_at,
  leads.expires_at,
  leads.created_at,
  leads.sync_date,
  COALESCE(
    NULLIF(ARRAY_TO_STRING(JSON_VALUE_ARRAY(leads.location_selections), ', '), ''),
    NULLIF(ARRAY_TO_STRING(JSON_VALUE_ARRAY(leads.suburb_preferences), ', '), ''),
    leads.suburb
  ) AS location_display,
  COALESCE(leads.guest_range, CAST(leads.guest_count AS STRING)) AS guest_count_display,
  leads.deleted_at IS NOT NULL AS is_deleted
FROM
  leads
LEFT JOIN
  occasion_types
  ON leads.sync_date = occasion_types.sync_date
  AND leads.occasion_type = occasion_types.key
