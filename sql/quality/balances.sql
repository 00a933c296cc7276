-- One row a transaction whose balance does not follow from the one before it, and one a venue whose
-- balance is not that of its last transaction.
WITH
credit_transactions AS (
  SELECT
    sync_date,
    id,
    venue_id,
    amount,
    balance_after,
    LAG(balance_after) OVER (PARTITION BY sync_date, venue_id ORDER BY id) AS balance_before,
    LEAD(id) OVER (PARTITION BY sync_date, venue_id ORDER BY id) IS NULL AS is_last
  FROM
    ${partyhelp_raw}.credit_transactions
  WHERE
    sync_date BETWEEN @from AND @to
    AND sync_date IN UNNEST(@days)
)
SELECT
  'balances follow' AS check_name,
  'partyhelp_raw.credit_transactions' AS subject,
  CAST(NULL AS STRING) AS status,
  CONCAT(
    CAST(balance_before AS STRING), ' and ', CAST(amount AS STRING), ' make ',
    CAST(balance_before + amount AS STRING)
  ) AS expected,
  CONCAT('balance_after ', CAST(balance_after AS STRING)) AS found,
  CONCAT('sync_date ', CAST(sync_date AS STRING), ', id ', CAST(id AS STRING)) AS row_key
FROM
  credit_transactions
WHERE
  balance_before + amount != balance_after
UNION ALL
SELECT
  'balances agree' AS check_name,
  'partyhelp_raw.venues' AS subject,
  CAST(NULL AS STRING) AS status,
  CONCAT('balance_after ', CAST(credit_transactions.balance_after AS STRING)) AS expected,
  CONCAT('credit_balance ', CAST(venues.credit_balance AS STRING)) AS found,
  CONCAT('sync_date ', CAST(venues.sync_date AS STRING), ', id ', CAST(venues.id AS STRING))
    AS row_key
FROM
  ${partyhelp_raw}.venues AS venues
INNER JOIN
  credit_transactions
  ON venues.sync_date = credit_transactions.sync_date
  AND venues.id = credit_transactions.venue_id
WHERE
  venues.sync_date BETWEEN @from AND @to
  AND credit_transactions.is_last
  AND venues.credit_balance != credit_transactions.balance_after
