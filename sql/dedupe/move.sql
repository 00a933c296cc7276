-- Copies the losers to where superseded rows are kept, once each, with the step that did it.
MERGE
  ${superseded} AS kept
USING (
  WITH
  ${losers}
  SELECT
    ${moved_columns},
    losers.superseded_by AS _superseded_by,
    losers.reason AS _superseded_reason,
    @now AS _superseded_at,
    @step AS _superseded_step
  FROM
    ${raw} AS rows_now
  INNER JOIN
    losers
    ON rows_now._batch_id = losers._batch_id
    AND rows_now._row = losers._row
  WHERE
    rows_now.${day} BETWEEN @lost_from AND @lost_to
) AS moved
ON
  kept._batch_id = moved._batch_id
  AND kept._row = moved._row
  AND kept.${day} BETWEEN @lost_from AND @lost_to
WHEN NOT MATCHED THEN
  INSERT (${superseded_columns})
  VALUES (${superseded_columns})
