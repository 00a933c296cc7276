    -- ${raw}: rows that lost go to the superseded ones, rows that hold come in.
    INSERT INTO ${superseded} (${superseded_columns})
    SELECT
      ${lost_columns},
      moved.moved_by AS _superseded_by,
      moved.reason AS _superseded_reason,
      CURRENT_TIMESTAMP() AS _superseded_at,
      new_version AS _superseded_version
    FROM
      (
        SELECT ${columns}, 1 AS place FROM ${raw}
        WHERE ${day} BETWEEN moved_from AND moved_to AND ${day} IN UNNEST(moved_days)
        UNION ALL
        SELECT ${columns}, 3 AS place FROM (${staged})
      ) AS lost
    INNER JOIN
      moved_${name} AS moved
      ON lost._batch_id = moved._batch_id
      AND lost._row = moved._row
      AND lost.place = moved.place
    WHERE
      moved.reason IS NOT NULL;

    MERGE
      ${raw} AS current_rows
    USING (
      SELECT
        ${placed_columns}
      FROM
        (
          SELECT ${columns}, 1 AS place FROM ${raw}
          WHERE ${day} BETWEEN moved_from AND moved_to AND ${day} IN UNNEST(moved_days)
          UNION ALL
          SELECT ${columns}, 2 AS place FROM ${superseded}
          WHERE ${day} BETWEEN moved_from AND moved_to AND ${day} IN UNNEST(moved_days)
            AND is_restoring
          UNION ALL
          SELECT ${columns}, 3 AS place FROM (${staged})
        ) AS placed
      INNER JOIN
        moved_${name} AS moved
        ON placed._batch_id = moved._batch_id
        AND placed._row = moved._row
        AND placed.place = moved.place
      WHERE
        moved.place = 1
        OR moved.reason IS NULL
    ) AS changed
    ON
      current_rows._batch_id = changed._batch_id
      AND current_rows._row = changed._row
      AND current_rows.${day} BETWEEN moved_from AND moved_to
    WHEN MATCHED THEN
      DELETE
    WHEN NOT MATCHED THEN
      INSERT (${columns})
      VALUES (${columns});

    IF is_restoring THEN
      MERGE
        ${superseded} AS kept
      USING
        (SELECT _batch_id, _row, moved_by, reason FROM moved_${name} WHERE place = 2) AS moved
      ON
        kept._batch_id = moved._batch_id
        AND kept._row = moved._row
        AND kept.${day} BETWEEN moved_from AND moved_to
      WHEN MATCHED AND moved.reason IS NULL THEN
        DELETE
      WHEN MATCHED THEN
        UPDATE SET
          _superseded_by = moved.moved_by,
          _superseded_reason = moved.reason,
          _superseded_at = CURRENT_TIMESTAMP(),
          _superseded_version = new_version;
    END IF;
