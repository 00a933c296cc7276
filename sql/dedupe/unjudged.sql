-- CTE: a dataset whose pulls may remove anything.
judged AS (
  SELECT
    CAST(NULL AS STRING) AS batch_id,
    CAST(NULL AS STRING) AS business_unit,
    CAST(NULL AS TIMESTAMP) AS pulled_at,
    0 AS row_count,
    0 AS removed,
    '' AS reason
  FROM
    waiting
  WHERE
    FALSE
)
