-- Checks of one raw table that a run has loaded: for the days given and the run's batches.
SELECT
  'duplicate keys' AS check_name,
  '${address}' AS subject,
  IF(COUNTIF(row_count > 1) = 0, 'pass', 'fail') AS status,
  'each key once' AS expected,
  CONCAT(CAST(COUNTIF(row_count > 1) AS STRING), ' keys more than once') AS observed,
  'POST /dedupe/<dataset> settles them' AS detail
FROM
  (
    SELECT
      COUNT(*) AS row_count
    FROM
      ${raw} AS current_rows
    INNER JOIN
      ${ops}.batches AS ledger
      ON current_rows._batch_id = ledger.batch_id
      AND ledger.table_name = '${address}'
      AND ledger.run_id = @run_id
    WHERE
      current_rows.${day} BETWEEN @from AND @to
      AND (@every_day OR current_rows.${day} IN UNNEST(@days))
    GROUP BY
      ledger.batch_id,
      ledger.business_unit,
      ${current_keys}
  )
UNION ALL
SELECT
  'rows conserved' AS check_name,
  '${address}' AS subject,
  IF(
    COUNTIF(
      ledger.fetched != ledger.landed
      OR ledger.landed != ledger.loaded + ledger.rejected
      OR ledger.loaded != COALESCE(lying.row_count, 0)
    ) = 0,
    'pass',
    'fail'
  ) AS status,
  CONCAT(CAST(COALESCE(SUM(ledger.loaded), 0) AS STRING), ' loaded rows') AS expected,
  CONCAT(CAST(COALESCE(SUM(lying.row_count), 0) AS STRING), ' kept or superseded') AS observed,
  'fetched = landed = loaded + rejected, and loaded = kept + superseded' AS detail
FROM
  (
    SELECT
      batch_id,
      MAX(fetched) AS fetched,
      MAX(landed) AS landed,
      MAX(rejected) AS rejected,
      MAX(loaded) AS loaded
    FROM
      ${ops}.batches
    WHERE
      table_name = '${address}'
      AND run_id = @run_id
      -- A backfill's other batches lie on other days, which their own checks are given.
      AND window_from >= @from
      AND window_to <= @to
    GROUP BY
      batch_id
  ) AS ledger
LEFT JOIN
  (
    SELECT
      _batch_id,
      COUNT(*) AS row_count
    FROM
      (
        SELECT _batch_id, _row FROM ${raw} WHERE ${day} BETWEEN @from AND @to
        UNION DISTINCT
        SELECT _batch_id, _row FROM ${superseded} WHERE ${day} BETWEEN @from AND @to
      )
    GROUP BY
      _batch_id
  ) AS lying
  ON ledger.batch_id = lying._batch_id
