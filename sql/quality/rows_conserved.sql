-- One row a batch, settled in the days given, whose counts don't add up to its rows.
SELECT
  'rows conserved' AS check_name,
  '${address}' AS subject,
  CAST(NULL AS STRING) AS status,
  CONCAT(CAST(ledger.loaded AS STRING), ' loaded rows') AS expected,
  CONCAT(
    CAST(COALESCE(lying.row_count, 0) AS STRING), ' kept or superseded, ',
    CAST(ledger.fetched AS STRING), ' fetched, ',
    CAST(ledger.landed AS STRING), ' landed, ',
    CAST(ledger.rejected AS STRING), ' rejected'
  ) AS found,
  CONCAT('batch ', ledger.batch_id) AS row_key
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
WHERE
  ledger.fetched != ledger.landed
  OR ledger.landed != ledger.loaded + ledger.rejected
  OR ledger.loaded != COALESCE(lying.row_count, 0)
