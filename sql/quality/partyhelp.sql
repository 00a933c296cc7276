-- Checks of the Partyhelp snapshots, for the days given: one row a check.
-- Each check is a row of `checks`, and what breaks it rows of `offences`.
WITH
leads AS (
  SELECT
    sync_date,
    id,
    created_at,
    _pulled_at
  FROM
    ${partyhelp_raw}.leads
  WHERE
    sync_date BETWEEN @from AND @to
    AND (@every_day OR sync_date IN UNNEST(@days))
),
venues AS (
  SELECT
    sync_date,
    id,
    credit_balance
  FROM
    ${partyhelp_raw}.venues
  WHERE
    sync_date BETWEEN @from AND @to
    AND (@every_day OR sync_date IN UNNEST(@days))
),
lead_purchases AS (
  SELECT
    sync_date,
    id,
    lead_id,
    venue_id
  FROM
    ${partyhelp_raw}.lead_purchases
  WHERE
    sync_date BETWEEN @from AND @to
    AND (@every_day OR sync_date IN UNNEST(@days))
),
-- Each transaction with its venue's balance before it, and whether it is the venue's last.
credit_transactions AS (
  SELECT
    sync_date,
    id,
    venue_id,
    type,
    lead_purchase_id,
    amount,
    balance_after,
    LAG(balance_after) OVER (PARTITION BY sync_date, venue_id ORDER BY id) AS balance_before,
    LEAD(id) OVER (PARTITION BY sync_date, venue_id ORDER BY id) IS NULL AS is_last
  FROM
    ${partyhelp_raw}.credit_transactions
  WHERE
    sync_date BETWEEN @from AND @to
    AND (@every_day OR sync_date IN UNNEST(@days))
),
-- The newest snapshot of each day and table, beside that of the day before.
snapshots AS (
  SELECT
    table_name,
    window_from AS sync_date,
    run_id,
    pulled_at,
    fetched,
    landed,
    rejected,
    loaded,
    LAG(window_from) OVER (PARTITION BY table_name ORDER BY window_from) AS day_before,
    LAG(loaded) OVER (PARTITION BY table_name ORDER BY window_from) AS loaded_before
  FROM
    (
      SELECT
        table_name,
        window_from,
        run_id,
        pulled_at,
        fetched,
        landed,
        rejected,
        loaded
      FROM
        ${settled_batches} AS ledger
      WHERE
        pipeline = 'partyhelp'
      QUALIFY
        ROW_NUMBER() OVER (
          PARTITION BY table_name, window_from
          ORDER BY pulled_at DESC, batch_id DESC
        ) = 1
    )
),
checked_snapshots AS (
  SELECT
    *
  FROM
    snapshots
  WHERE
    sync_date BETWEEN @from AND @to
    AND (@every_day OR sync_date IN UNNEST(@days))
),
reported AS (
  SELECT 'partyhelp_raw.leads' AS table_name, sync_date, COUNT(*) AS row_count
  FROM ${partyhelp}.ph_leads WHERE sync_date BETWEEN @from AND @to GROUP BY sync_date
  UNION ALL
  SELECT 'partyhelp_raw.venues', sync_date, COUNT(*)
  FROM ${partyhelp}.ph_venues WHERE sync_date BETWEEN @from AND @to GROUP BY sync_date
  UNION ALL
  SELECT 'partyhelp_raw.lead_purchases', sync_date, COUNT(*)
  FROM ${partyhelp}.ph_lead_purchases WHERE sync_date BETWEEN @from AND @to GROUP BY sync_date
  UNION ALL
  SELECT 'partyhelp_raw.credit_transactions', sync_date, COUNT(*)
  FROM ${partyhelp}.ph_credit_transactions WHERE sync_date BETWEEN @from AND @to GROUP BY sync_date
  UNION ALL
  SELECT 'partyhelp_raw.lead_matches', sync_date, COUNT(*)
  FROM ${partyhelp}.ph_lead_matches WHERE sync_date BETWEEN @from AND @to GROUP BY sync_date
),
checks AS (
  SELECT
    'source = landed = loaded = reported' AS check_name,
    'partyhelp.ph_*' AS subject,
    'every row of the source, once' AS expected,
    'POST /mart/update/partyhelp makes the reported tables again from the raw ones' AS detail
  UNION ALL
  SELECT
    'taken on its own day',
    'partyhelp_raw.*',
    'each snapshot pulled on its sync_date',
    'a day that was asked for afterwards holds what the database had when it was asked'
  UNION ALL
  SELECT
    'sales have their lead and venue',
    'partyhelp_raw.lead_purchases',
    'every purchase',
    'a snapshot is consistent: the source itself has lost them, or their row was rejected'
  UNION ALL
  SELECT
    'transactions have their venue',
    'partyhelp_raw.credit_transactions',
    'every transaction',
    'a snapshot is consistent: the source itself has lost it, or its row was rejected'
  UNION ALL
  SELECT
    'sales are charged',
    'partyhelp_raw.lead_purchases',
    'a credit transaction for every purchase',
    'revenue that no venue has paid: ask who runs the application'
  UNION ALL
  SELECT
    'balances follow',
    'partyhelp_raw.credit_transactions',
    'balance_after = balance before + amount, venue by venue in order of id',
    'two transactions at once, or one was changed afterwards: ask who runs the application'
  UNION ALL
  SELECT
    'balances agree',
    'partyhelp_raw.venues',
    'credit_balance = balance_after of the last transaction',
    'credit was changed without a transaction: ask who runs the application'
  UNION ALL
  SELECT
    'nothing from the future',
    'partyhelp_raw.leads',
    'created before the snapshot',
    'PARTYHELP_DB_TIMEZONE is likely wrong: see Time in docs/partyhelp.md'
  UNION ALL
  SELECT
    'no day missing',
    'partyhelp_raw.*',
    'a snapshot of the day before',
    'what the database was on that day is lost; look for the cause in the dead letters'
  UNION ALL
  SELECT
    'no table shrank',
    'partyhelp_raw.*',
    'at least 80 % of the rows of the snapshot before',
    'deleting a venue or lead takes its purchases and transactions along: was it meant?'
),
offences AS (
  SELECT
    'source = landed = loaded = reported' AS check_name,
    CONCAT(
      checked_snapshots.table_name, ' ', CAST(checked_snapshots.sync_date AS STRING), ': ',
      CAST(checked_snapshots.fetched AS STRING), ' in the source, ',
      CAST(checked_snapshots.landed AS STRING), ' landed, ',
      CAST(checked_snapshots.loaded AS STRING), ' loaded, ',
      CAST(COALESCE(reported.row_count, 0) AS STRING), ' reported'
    ) AS offender
  FROM
    checked_snapshots
  LEFT JOIN
    reported
    ON checked_snapshots.table_name = reported.table_name
    AND checked_snapshots.sync_date = reported.sync_date
  WHERE
    -- A newer snapshot of the day that is still on its way is checked by its own run.
    checked_snapshots.run_id = @run_id
    AND (
      checked_snapshots.fetched != checked_snapshots.landed
      OR checked_snapshots.landed != checked_snapshots.loaded + checked_snapshots.rejected
      OR (
        checked_snapshots.loaded != COALESCE(reported.row_count, 0)
        AND checked_snapshots.table_name
          NOT IN ('partyhelp_raw.areas', 'partyhelp_raw.occasion_types')
      )
    )
  UNION ALL
  SELECT
    'sales have their lead and venue',
    CONCAT('purchase ', CAST(lead_purchases.id AS STRING))
  FROM
    lead_purchases
  LEFT JOIN
    leads
    ON lead_purchases.sync_date = leads.sync_date
    AND lead_purchases.lead_id = leads.id
  LEFT JOIN
    venues
    ON lead_purchases.sync_date = venues.sync_date
    AND lead_purchases.venue_id = venues.id
  WHERE
    leads.id IS NULL
    OR venues.id IS NULL
  UNION ALL
  SELECT
    'transactions have their venue',
    CONCAT('transaction ', CAST(credit_transactions.id AS STRING))
  FROM
    credit_transactions
  LEFT JOIN
    venues
    ON credit_transactions.sync_date = venues.sync_date
    AND credit_transactions.venue_id = venues.id
  WHERE
    venues.id IS NULL
  UNION ALL
  SELECT
    'sales are charged',
    CONCAT('purchase ', CAST(lead_purchases.id AS STRING))
  FROM
    lead_purchases
  LEFT JOIN
    credit_transactions
    ON lead_purchases.sync_date = credit_transactions.sync_date
    AND lead_purchases.id = credit_transactions.lead_purchase_id
    AND credit_transactions.type = 'purchase'
  WHERE
    credit_transactions.id IS NULL
  UNION ALL
  SELECT
    'balances follow',
    CONCAT('transaction ', CAST(id AS STRING))
  FROM
    credit_transactions
  WHERE
    balance_before + amount != balance_after
  UNION ALL
  SELECT
    'balances agree',
    CONCAT('venue ', CAST(venues.id AS STRING))
  FROM
    venues
  INNER JOIN
    credit_transactions
    ON venues.sync_date = credit_transactions.sync_date
    AND venues.id = credit_transactions.venue_id
  WHERE
    credit_transactions.is_last
    AND venues.credit_balance != credit_transactions.balance_after
  UNION ALL
  SELECT
    'nothing from the future',
    CONCAT('lead ', CAST(id AS STRING))
  FROM
    leads
  WHERE
    created_at > TIMESTAMP_ADD(_pulled_at, INTERVAL 1 HOUR)
  UNION ALL
  SELECT DISTINCT
    'no day missing',
    CONCAT(CAST(day_before AS STRING), ' to ', CAST(sync_date AS STRING))
  FROM
    checked_snapshots
  WHERE
    DATE_DIFF(sync_date, day_before, DAY) > 1
  UNION ALL
  SELECT
    'no table shrank',
    CONCAT(
      table_name, ' ', CAST(sync_date AS STRING), ': ',
      CAST(loaded_before AS STRING), ' to ', CAST(loaded AS STRING)
    )
  FROM
    checked_snapshots
  WHERE
    loaded * 100 < loaded_before * 80
  UNION ALL
  SELECT DISTINCT
    'taken on its own day',
    CAST(sync_date AS STRING)
  FROM
    checked_snapshots
  WHERE
    DATE(pulled_at, 'Australia/Melbourne') != sync_date
)
SELECT
  checks.check_name,
  checks.subject,
  CASE
    WHEN COUNT(offences.offender) = 0 THEN 'pass'
    WHEN checks.check_name = 'taken on its own day' THEN 'mention'
    ELSE 'fail'
  END AS status,
  checks.expected,
  CONCAT(
    CAST(COUNT(offences.offender) AS STRING), ' otherwise',
    COALESCE(CONCAT(', such as ', MIN(offences.offender)), '')
  ) AS observed,
  checks.detail
FROM
  checks
LEFT JOIN
  offences
  ON checks.check_name = offences.check_name
GROUP BY
  checks.check_name,
  checks.subject,
  checks.expected,
  checks.detail
