    -- The history of moves is appended to and never changed, undo included.
    INSERT INTO ${ops}.moves (
      name, table_name, version, moved_at, batch_id, row_number, business_unit, day, direction, moved_by, reason
    )
    SELECT
      @log,
      table_name,
      new_version,
      CURRENT_TIMESTAMP(),
      _batch_id,
      _row,
      business_unit,
      day,
      IF(reason IS NULL, 'in', 'out'),
      moved_by,
      reason
    FROM
      (
        ${moved}
      );
