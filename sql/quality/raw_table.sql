-- Checks of one raw table: of the batch whose chain this is or, for a request without days, of all.
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
    WHERE
      current_rows.${day} BETWEEN @from AND @to
      AND (@every_day OR current_rows.${day} IN UNNEST(@days))
    GROUP BY
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
    SELECT DISTINCT
      batch_id,
      fetched,
      landed,
      rejected,
      loaded
    FROM
      ${ops}.batches
    WHERE
      table_name = '${address}'
      AND batch_id IN (
        SELECT taken.batch_id
        FROM ${log} AS log
        CROSS JOIN UNNEST(log.settled) AS taken
        WHERE ARRAY_LENGTH(log.held) = 0
          AND (SELECT MIN(touched) FROM UNNEST(log.days) AS touched) >= @from
          AND (SELECT MAX(touched) FROM UNNEST(log.days) AS touched) <= @to
      )
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
UNION ALL
SELECT
  'superseded once' AS check_name,
  '${address}' AS subject,
  IF(COUNTIF(row_count > 1) = 0, 'pass', 'fail') AS status,
  'each row once among the superseded' AS expected,
  CONCAT(CAST(COUNTIF(row_count > 1) AS STRING), ' rows more than once') AS observed,
  'two dedupes ran at once: keep one of each row' AS detail
FROM
  (
    SELECT
      COUNT(*) AS row_count
    FROM
      ${superseded}
    WHERE
      ${day} BETWEEN @from AND @to
      AND (@every_day OR ${day} IN UNNEST(@days))
    GROUP BY
      _batch_id,
      _row
  )
