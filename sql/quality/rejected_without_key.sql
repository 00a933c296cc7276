-- One row a rejected row whose key is not known, so that nothing holds its earlier version. It ends
-- with a replay of its batch, newer pulls of all of its window and units, or its withdrawal.
WITH
-- A replay counts as pulled a microsecond after its batch: see operations/rejected_rows.py.
not_pulled_since AS (
  SELECT DISTINCT
    older.batch_id,
    older.table_name
  FROM
    settled_batches AS older
  LEFT JOIN
    settled_batches AS newer
    ON older.table_name = newer.table_name
    AND (
      TIMESTAMP_DIFF(newer.pulled_at, older.pulled_at, MICROSECOND) = 1
      OR (
        newer.pulled_at > older.pulled_at
        AND newer.window_from <= older.window_from
        AND newer.window_to >= older.window_to
        AND (newer.business_unit IS NULL OR newer.business_unit = older.business_unit)
      )
    )
  WHERE
    newer.batch_id IS NULL
)
SELECT DISTINCT
  'rejected without key' AS check_name,
  rejected.table_name AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  'a row whose key can not be read' AS found,
  CONCAT('batch ', rejected.batch_id, ' row ', CAST(rejected.row_number AS STRING)) AS row_key
FROM
  not_pulled_since AS lost
INNER JOIN
  ${ops}.rejected_keys AS rejected
  ON lost.batch_id = rejected.batch_id
  AND lost.table_name = rejected.table_name
WHERE
  rejected.key_text IS NULL
