  -- ${table}: rows that differ are replaced, and kept with the versions from and to.
  CREATE TEMP TABLE fresh_${name} AS
${query};

  INSERT INTO ${superseded} (${columns}, _version, _replaced_version, _replaced_at)
  SELECT
    ${replaced_columns},
    replaced._version,
    due.version AS _replaced_version,
    CURRENT_TIMESTAMP() AS _replaced_at
  FROM
    ${table} AS replaced
  LEFT JOIN
    fresh_${name} AS fresh
    ON ${replaced_key}
  WHERE
    ${replaced_is_due}
    AND (fresh.${any_key} IS NULL OR ${replaced_differs});

  MERGE
    ${table} AS current_rows
  USING
    fresh_${name} AS fresh
  ON
    ${current_key}
    AND ${current_is_due}
  WHEN MATCHED AND (${current_differs}) THEN
    UPDATE SET
      ${assignments},
      _version = due.version
  WHEN NOT MATCHED BY TARGET THEN
    INSERT (${columns}, _version)
    VALUES (${columns}, due.version)
  WHEN NOT MATCHED BY SOURCE AND ${current_is_due} THEN
    DELETE;
