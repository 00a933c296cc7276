-- What the moves amount to: their days, and the rows of each arriving batch and business unit.
WITH
moved AS (
  ${moved}
),
counts AS (
  SELECT
    table_name,
    _batch_id AS batch_id,
    business_unit,
    COUNTIF(reason IS NULL) AS kept,
    COUNTIF(reason IS NOT NULL) AS superseded
  FROM
    moved
  WHERE
    place = 3
  GROUP BY
    table_name,
    batch_id,
    business_unit
)
SELECT AS STRUCT
  ARRAY(SELECT DISTINCT day FROM moved ORDER BY day) AS days,
  ARRAY(
    SELECT AS STRUCT table_name, batch_id, business_unit, kept, superseded
    FROM counts
    ORDER BY table_name, batch_id, business_unit
  ) AS counts,
  EXISTS (SELECT 1 FROM moved WHERE place = 2) AS is_restoring
