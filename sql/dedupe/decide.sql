-- Which rows of one raw table change their place: the table's current rows are the best of each key
-- whose day and business unit no newer pull has covered without them. The touched keys are those of
-- arriving rows and of all rows of the touched days; the result depends on no order of arrival.
CREATE TEMP TABLE moved_${name} AS
WITH
${settled},
${arriving},
${versions},
${pulls},
-- Each row with the next better one of its key.
ranked AS (
  SELECT
    versions.*,
    LAG(versions._batch_id) OVER (PARTITION BY ${version_keys} ORDER BY ${preference}) AS next_batch,
    LAG(versions._pulled_at) OVER (PARTITION BY ${version_keys} ORDER BY ${preference}) AS next_pulled_at
  FROM
    versions
  WHERE
    versions.withdrawal_id IS NULL
),
-- The first newer pull that covered a row's day and unit without its key.
removals AS (
  SELECT
    ranked._batch_id,
    ranked._row,
    pulls.batch_id,
    pulls.pulled_at
  FROM
    ranked
  INNER JOIN
    pulls
    ON ${ranked_is_covered}
    AND (
      pulls.pulled_at > ranked._pulled_at
      OR (pulls.pulled_at = ranked._pulled_at AND pulls.batch_id > ranked._batch_id)
    )
  LEFT JOIN
    held
    ON held.batch_id = pulls.batch_id
    AND held.business_unit = ${ranked_unit}
  LEFT JOIN
    ${ops}.rejected_keys AS rejected
    ON rejected.table_name = '${address}'
    AND rejected.batch_id = pulls.batch_id
    AND rejected.key_text = ranked.key_text
  WHERE
    held.batch_id IS NULL
    AND rejected.batch_id IS NULL
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY ranked._batch_id, ranked._row
      ORDER BY pulls.pulled_at, pulls.batch_id
    ) = 1
),
decided AS (
  SELECT
    versions._batch_id,
    versions._row,
    versions.${day} AS day,
    ${version_unit} AS business_unit,
    versions.place,
    versions.moved_by AS known_by,
    versions.reason AS known_reason,
    ranked.next_batch,
    removals.batch_id AS removing_batch,
    versions.withdrawal_id,
    COALESCE(
      ranked.next_pulled_at < removals.pulled_at
      OR (ranked.next_pulled_at = removals.pulled_at AND ranked.next_batch <= removals.batch_id),
      ranked.next_batch IS NOT NULL
    ) AS is_replaced_first
  FROM
    versions
  LEFT JOIN
    ranked
    ON versions._batch_id = ranked._batch_id
    AND versions._row = ranked._row
  LEFT JOIN
    removals
    ON versions._batch_id = removals._batch_id
    AND versions._row = removals._row
),
verdicts AS (
  SELECT
    decided.*,
    CASE
      WHEN withdrawal_id IS NOT NULL THEN withdrawal_id
      WHEN is_replaced_first THEN next_batch
      ELSE removing_batch
    END AS moved_by,
    CASE
      WHEN withdrawal_id IS NOT NULL THEN 'withdrawn'
      WHEN is_replaced_first THEN 'key'
      WHEN removing_batch IS NOT NULL THEN 'window'
    END AS reason
  FROM
    decided
)
SELECT
  _batch_id,
  _row,
  day,
  business_unit,
  place,
  moved_by,
  reason
FROM
  verdicts
WHERE
  place = 3
  OR (place = 1 AND reason IS NOT NULL)
  OR (place = 2 AND (reason IS NULL OR reason != known_reason OR moved_by != known_by))
