-- Fingerprints of landed batches, as they come from manifests: one row a day, unit and column.
SELECT
  fields[OFFSET(0)] AS table_name,
  fields[OFFSET(1)] AS batch_id,
  CAST(fields[OFFSET(2)] AS DATE) AS day,
  NULLIF(fields[OFFSET(3)], '') AS business_unit,
  fields[OFFSET(4)] AS name,
  CAST(fields[OFFSET(5)] AS INT64) AS filled,
  CAST(fields[OFFSET(6)] AS NUMERIC) AS total,
  CAST(fields[OFFSET(7)] AS NUMERIC) AS weighted,
  NULLIF(fields[OFFSET(8)], '') AS least,
  NULLIF(fields[OFFSET(9)], '') AS greatest
FROM
  (SELECT SPLIT(line, '\t') AS fields FROM UNNEST(@fingerprints) AS line)
