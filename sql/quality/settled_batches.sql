(
  SELECT
    entry.*
  FROM
    ${ops}.batches AS entry
  INNER JOIN (
${settled}
  ) AS settled
    ON entry.batch_id = settled.batch_id
)
