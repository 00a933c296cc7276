-- Notes a batch's rejected rows: what has such a key is not taken away; a row without one is lost.
INSERT INTO ${ops}.rejected_keys (table_name, batch_id, row_number, key_text)
SELECT
  '${address}',
  _batch_id,
  _row,
  ${key_text}
FROM
  ${staging} AS staged
WHERE
  staged._is_rejected;
