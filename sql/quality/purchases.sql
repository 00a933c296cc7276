-- One row a lead whose own count of purchases is not that of lead_purchases, and one a day whose
-- purchases don't come to the amount of their charges.
WITH
purchases AS (
  SELECT
    sync_date,
    lead_id,
    COUNT(*) AS purchase_count,
    SUM(amount_paid) AS amount_paid
  FROM
    ${partyhelp_raw}.lead_purchases
  WHERE
    sync_date BETWEEN @from AND @to
    AND sync_date IN UNNEST(@days)
  GROUP BY
    sync_date,
    lead_id
),
charged AS (
  SELECT
    sync_date,
    -SUM(amount) AS amount
  FROM
    ${partyhelp_raw}.credit_transactions
  WHERE
    sync_date BETWEEN @from AND @to
    AND sync_date IN UNNEST(@days)
    AND type = 'purchase'
    AND lead_purchase_id IS NOT NULL
  GROUP BY
    sync_date
),
paid AS (
  SELECT
    sync_date,
    SUM(amount_paid) AS amount
  FROM
    purchases
  GROUP BY
    sync_date
)
SELECT
  'purchases counted' AS check_name,
  'partyhelp_raw.leads' AS subject,
  CAST(NULL AS STRING) AS status,
  CONCAT(CAST(COALESCE(purchases.purchase_count, 0) AS STRING), ' rows of lead_purchases')
    AS expected,
  CONCAT('purchase_count ', CAST(leads.purchase_count AS STRING)) AS found,
  CONCAT('sync_date ', CAST(leads.sync_date AS STRING), ', id ', CAST(leads.id AS STRING))
    AS row_key
FROM
  ${partyhelp_raw}.leads AS leads
LEFT JOIN
  purchases
  ON leads.sync_date = purchases.sync_date
  AND leads.id = purchases.lead_id
WHERE
  leads.sync_date BETWEEN @from AND @to
  AND leads.sync_date IN UNNEST(@days)
  AND leads.purchase_count != COALESCE(purchases.purchase_count, 0)
UNION ALL
SELECT
  'purchases paid' AS check_name,
  'partyhelp_raw.lead_purchases' AS subject,
  CAST(NULL AS STRING) AS status,
  CONCAT('charges of ', CAST(COALESCE(charged.amount, 0) AS STRING)) AS expected,
  CONCAT('purchases of ', CAST(COALESCE(paid.amount, 0) AS STRING)) AS found,
  CONCAT('sync_date ', CAST(COALESCE(paid.sync_date, charged.sync_date) AS STRING)) AS row_key
FROM
  paid
FULL JOIN
  charged
  ON paid.sync_date = charged.sync_date
WHERE
  COALESCE(paid.amount, 0) != COALESCE(charged.amount, 0)
