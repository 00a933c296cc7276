-- One row a purchase and sync_date, with all that invoices and revenue reports need.
-- Filter by sync_date: without it, every day's snapshot counts again.
SELECT
  lead_purchase_id,
  lead_id,
  venue_id,
  occasion_label,
  occasion_type,
  preferred_date,
  guest_count,
  venue_business_name,
  venue_area_name,
  amount_paid,
  discount_percent,
  lead_status,
  purchased_at,
  sync_date
FROM
  ${partyhelp}.ph_lead_purchases
