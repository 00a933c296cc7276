-- Writes a loaded batch into the ledger, once for each of its business units ('' stands for all).
MERGE
  ${ops}.batches AS ledger
USING (
  SELECT
    @batch_id AS batch_id,
    @run_id AS run_id,
    @pipeline AS pipeline,
    @dataset AS dataset,
    @table_name AS table_name,
    NULLIF(unit, '') AS business_unit,
    @window_from AS window_from,
    @window_to AS window_to,
    @pulled_at AS pulled_at,
    @fetched AS fetched,
    @landed AS landed,
    @rejected AS rejected,
    @loaded AS loaded,
    @loaded_at AS loaded_at,
    @manifest_uri AS manifest_uri
  FROM
    UNNEST(@business_units) AS unit
) AS batch
ON
  ledger.batch_id = batch.batch_id
  AND ledger.table_name = batch.table_name
  AND COALESCE(ledger.business_unit, '') = COALESCE(batch.business_unit, '')
WHEN NOT MATCHED THEN
  INSERT (${columns})
  VALUES (${columns})
