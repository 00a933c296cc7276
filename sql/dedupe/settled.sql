-- CTEs: what the dataset's versions and this one have settled. Read inside the transaction.
taken AS (
  SELECT
    batch.batch_id,
    batch.business_unit
  FROM
    ${log} AS log
  CROSS JOIN
    UNNEST(log.settled) AS batch
  UNION DISTINCT
  SELECT
    batch.batch_id,
    batch.business_unit
  FROM
    UNNEST(new_batches) AS batch
),
-- Units that are held back, confirmed ones left out.
held AS (
  (
    SELECT
      unit.batch_id,
      unit.business_unit
    FROM
      ${log} AS log
    CROSS JOIN
      UNNEST(log.held) AS unit
    UNION DISTINCT
    SELECT
      unit.batch_id,
      unit.business_unit
    FROM
      UNNEST(new_held) AS unit
  )
  EXCEPT DISTINCT
  SELECT
    taken.batch_id,
    taken.business_unit
  FROM
    taken
),
withdrawal_entries AS (
  SELECT
    entry.batch_id,
    entry.withdrawal_id,
    entry.is_withdrawn
  FROM
    ${ops}.withdrawals AS entry
  INNER JOIN
    (
      SELECT
        withdrawal_id
      FROM
        ${log} AS log
      CROSS JOIN
        UNNEST(log.withdrawals) AS withdrawal_id
      UNION DISTINCT
      SELECT
        withdrawal_id
      FROM
        UNNEST(new_withdrawals) AS withdrawal_id
    ) AS carried_out
    ON entry.withdrawal_id = carried_out.withdrawal_id
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY entry.batch_id
      ORDER BY entry.entered_at DESC, entry.withdrawal_id DESC
    ) = 1
),
withdrawn AS (
  SELECT
    batch_id,
    withdrawal_id
  FROM
    withdrawal_entries
  WHERE
    is_withdrawn
)
