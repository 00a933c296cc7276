-- Stops unless the staged rows are the landed ones, value by value; then keeps their fingerprints.
DECLARE differences ARRAY<STRING>;

SET differences = ARRAY(
  SELECT
    CONCAT(
      table_name, ', batch ', batch_id, ', day ', CAST(day AS STRING), COALESCE(CONCAT(', ', business_unit), ''),
      ', column ', name, ': expected ', expected, ', found ', found
    )
  FROM (
${differences}
  )
  ORDER BY
    table_name, batch_id, day, business_unit, name
  LIMIT 5
);
IF ARRAY_LENGTH(differences) > 0 THEN
  RAISE USING MESSAGE = CONCAT('staged rows differ from what landed: ', ARRAY_TO_STRING(differences, '; '));
END IF;

INSERT INTO ${ops}.fingerprints (${columns})
SELECT
  table_name,
  batch_id,
  day,
  business_unit,
  CURRENT_TIMESTAMP() AS entered_at,
  ARRAY_AGG(STRUCT(name, filled, total, weighted, least, greatest) ORDER BY name) AS measures
FROM (
${landed}
)
GROUP BY
  table_name,
  batch_id,
  day,
  business_unit;
