-- The CTEs that find the rows of one raw table that are no longer the truth, for the given days.
--
-- current rows = those that are the newest of their key among all rows ever loaded, and whose day and
-- business unit no newer pull has covered since. Loading more can only take rows away from that set,
-- so the result does not depend on the order in which batches arrive.
touched_keys AS (
  SELECT DISTINCT
    ${keys}
  FROM
    ${raw}
  WHERE
    ${day} BETWEEN @from AND @to
    AND (@every_day OR ${day} IN UNNEST(@days))
),
-- Every version of those keys, wherever it lies: key columns alone are read outside the days.
versions AS (
  SELECT
    ${columns},
    TRUE AS is_current
  FROM
    ${raw}
  WHERE
    ${day} BETWEEN @first_day AND @last_day
  UNION ALL
  SELECT
    ${columns},
    FALSE AS is_current
  FROM
    ${superseded}
  WHERE
    ${day} BETWEEN @first_day AND @last_day
),
ranked AS (
  SELECT
    versions.*,
    FIRST_VALUE(versions._batch_id) OVER (
      PARTITION BY ${version_keys}
      ORDER BY ${preference}
    ) AS best_batch,
    ROW_NUMBER() OVER (
      PARTITION BY ${version_keys}
      ORDER BY ${preference}
    ) AS preference
  FROM
    versions
  INNER JOIN
    touched_keys
    ON ${same_key}
),
-- The newest pull of each day and business unit (NULL: all of them).
newest_pulls AS (
  SELECT
    pulled_day,
    business_unit,
    batch_id,
    pulled_at
  FROM
    ${ops}.batches
  CROSS JOIN
    UNNEST(GENERATE_DATE_ARRAY(window_from, window_to)) AS pulled_day
  WHERE
    table_name = @table
    AND @supersede_window
    AND window_from <= @to
    AND window_to >= @from
    AND pulled_day BETWEEN @from AND @to
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY pulled_day, business_unit
      ORDER BY pulled_at DESC, batch_id DESC
    ) = 1
),
lost_by_window AS (
  SELECT
    ranked._batch_id,
    ranked._row,
    ranked.${day},
    newest_pulls.batch_id AS superseded_by,
    'window' AS reason
  FROM
    ranked
  INNER JOIN
    newest_pulls
    ON ranked.${day} = newest_pulls.pulled_day
    AND (newest_pulls.business_unit IS NULL OR ${business_unit_matches})
  WHERE
    ranked.is_current
    AND ranked.preference = 1
    AND (
      newest_pulls.pulled_at > ranked._pulled_at
      OR (
        newest_pulls.pulled_at = ranked._pulled_at
        AND newest_pulls.batch_id > ranked._batch_id
      )
    )
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY ranked._batch_id, ranked._row
      ORDER BY newest_pulls.pulled_at DESC, newest_pulls.batch_id DESC
    ) = 1
),
losers AS (
  SELECT
    _batch_id,
    _row,
    ${day},
    best_batch AS superseded_by,
    'key' AS reason
  FROM
    ranked
  WHERE
    is_current
    AND preference > 1
  UNION ALL
  SELECT
    _batch_id,
    _row,
    ${day},
    superseded_by,
    reason
  FROM
    lost_by_window
)
