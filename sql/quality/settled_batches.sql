-- The batches that count: taken in by a version, not withdrawn, without the units that are held.
SELECT
  entry.*
FROM
  ${ops}.batches AS entry
INNER JOIN
  (
    SELECT DISTINCT taken.batch_id
    FROM log_rows CROSS JOIN UNNEST(log_rows.settled) AS taken
    WHERE taken.business_unit IS NULL
  ) AS settled
  ON entry.batch_id = settled.batch_id
LEFT JOIN
  (
    SELECT DISTINCT kept_out.batch_id, kept_out.business_unit
    FROM log_rows CROSS JOIN UNNEST(log_rows.held) AS kept_out
  ) AS held
  ON entry.batch_id = held.batch_id
  AND entry.business_unit = held.business_unit
LEFT JOIN
  (
    SELECT DISTINCT taken.batch_id, taken.business_unit
    FROM log_rows CROSS JOIN UNNEST(log_rows.settled) AS taken
  ) AS confirmed
  ON held.batch_id = confirmed.batch_id
  AND held.business_unit = confirmed.business_unit
LEFT JOIN
  (
    SELECT batch_id, is_withdrawn
    FROM ${ops}.withdrawals
    QUALIFY
      ROW_NUMBER() OVER (PARTITION BY batch_id ORDER BY entered_at DESC, withdrawal_id DESC) = 1
  ) AS withdrawal
  ON entry.batch_id = withdrawal.batch_id
WHERE
  (held.batch_id IS NULL OR confirmed.batch_id IS NOT NULL)
  AND NOT COALESCE(withdrawal.is_withdrawn, FALSE)
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY entry.batch_id, entry.table_name, entry.business_unit
    ORDER BY entry.loaded_at DESC
  ) = 1
