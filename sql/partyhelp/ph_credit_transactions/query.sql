-- Credit movements as at each day: one row a transaction and sync_date.
WITH credit_transactions AS (
  SELECT
    *
  FROM
    ${partyhelp_raw}.credit_transactions
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
  credit_transactions.id AS credit_transaction_id,
  credit_transactions.venue_id,
  venues.business_name AS venue_business_name,
  credit_transactions.type,
  CAST(credit_transactions.amount AS FLOAT64) AS amount,
  CAST(credit_transactions.balance_after AS FLOAT64) AS balance_after,
  credit_transactions.lead_purchase_id,
  credit_transactions.stripe_payment_intent_id,
  credit_transactions.description,
  credit_transactions.admin_note,
  credit_transactions.created_at,
  credit_transactions.sync_date
FROM
  credit_transactions
LEFT JOIN
  venues
  ON credit_transactions.sync_date = venues.sync_date
  AND credit_transactions.venue_id = venues.id
