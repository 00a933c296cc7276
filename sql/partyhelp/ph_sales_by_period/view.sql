-- Sales as at each day by month of purchase (Melbourne) and occasion, with the financial year.
-- The Australian financial year begins on 1 July and is named by the year it ends in.
WITH sales AS (
  SELECT
    sync_date,
    DATE_TRUNC(DATE(purchased_at, 'Australia/Melbourne'), MONTH) AS month,
    occasion_type,
    occasion_label,
    venue_id,
    amount_paid
  FROM
    ${partyhelp}.ph_lead_purchases
)
SELECT
  sync_date,
  CONCAT(
    'FY', CAST(EXTRACT(YEAR FROM DATE_ADD(month, INTERVAL 6 MONTH)) AS STRING)
  ) AS financial_year,
  month,
  occasion_type,
  occasion_label,
  COUNT(*) AS purchases,
  COUNT(DISTINCT venue_id) AS venues,
  ROUND(SUM(amount_paid), 2) AS amount_paid,
  ROUND(SAFE_DIVIDE(SUM(amount_paid), COUNT(*)), 2) AS average_paid
FROM
  sales
GROUP BY
  sync_date,
  month,
  occasion_type,
  occasion_label
