-- One row a purchase that is not charged exactly once, at its price.
SELECT
  'purchases are charged' AS check_name,
  'partyhelp_raw.lead_purchases' AS subject,
  CAST(NULL AS STRING) AS status,
  CONCAT('one charge of ', CAST(lead_purchases.amount_paid AS STRING)) AS expected,
  CONCAT(
    CAST(COUNT(charges.id) AS STRING), ' charges of together ',
    CAST(COALESCE(-SUM(charges.amount), 0) AS STRING)
  ) AS found,
  CONCAT(
    'sync_date ', CAST(lead_purchases.sync_date AS STRING), ', id ',
    CAST(lead_purchases.id AS STRING)
  ) AS row_key
FROM
  ${partyhelp_raw}.lead_purchases AS lead_purchases
LEFT JOIN
  ${partyhelp_raw}.credit_transactions AS charges
  ON lead_purchases.sync_date = charges.sync_date
  AND lead_purchases.id = charges.lead_purchase_id
  AND charges.type = 'purchase'
  AND charges.sync_date BETWEEN @from AND @to
WHERE
  lead_purchases.sync_date BETWEEN @from AND @to
  AND lead_purchases.sync_date IN UNNEST(@days)
GROUP BY
  lead_purchases.sync_date,
  lead_purchases.id,
  lead_purchases.amount_paid
HAVING
  COUNT(charges.id) != 1
  OR COALESCE(SUM(charges.amount) + lead_purchases.amount_paid != 0, TRUE)
