-- Keeps the keys of a batch's rejected rows: they do not take earlier versions away.
INSERT INTO ${ops}.rejected_keys (table_name, batch_id, row_number, key_text)
SELECT
  '${address}',
  _batch_id,
  _row,
  ${key_text}
FROM
  ${staging} AS staged
WHERE
  staged._is_rejected
  AND ${key_text} IS NOT NULL;
