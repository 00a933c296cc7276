-- CTEs: what each waiting pull would remove of each business unit: of the rows that it is the next
-- to touch, in the order of pulls, those whose key it does not bring.
arriving AS (
  SELECT staged.*
  FROM (
    ${staged}
  ) AS staged
  INNER JOIN waiting ON staged._batch_id = waiting.batch_id
),
pulls AS (
  SELECT DISTINCT
    entry.batch_id,
    entry.business_unit,
    entry.window_from,
    entry.window_to,
    entry.pulled_at
  FROM
    ${ops}.batches AS entry
  INNER JOIN
    waiting
    ON entry.batch_id = waiting.batch_id
  LEFT JOIN
    withdrawn
    ON entry.batch_id = withdrawn.batch_id
  WHERE
    entry.table_name = '${address}'
    AND withdrawn.batch_id IS NULL
),
brought_keys AS (
  SELECT DISTINCT source._batch_id AS batch_id, ${row_key_text} AS key_text
  FROM arriving AS source
  UNION DISTINCT
  SELECT batch_id, key_text
  FROM ${ops}.rejected_keys
  WHERE table_name = '${address}' AND batch_id IN UNNEST(@batches)
),
standing AS (
  SELECT _batch_id, _row, _pulled_at, ${day} AS day, ${unit} AS unit, ${row_key_text} AS key_text
  FROM ${raw} AS source
  WHERE ${day} BETWEEN @from AND @to AND ${day} IN UNNEST(@days)
  UNION ALL
  -- Of the rows of one pull that share a key, one alone would ever be current.
  SELECT _batch_id, _row, _pulled_at, ${day} AS day, ${unit} AS unit, ${row_key_text} AS key_text
  FROM arriving AS source
  QUALIFY ROW_NUMBER() OVER (PARTITION BY _batch_id, key_text ORDER BY ${source_preference}) = 1
),
-- For each row the first newer pull that covers it or brings its key.
next_touches AS (
  SELECT
    standing.unit,
    pulls.batch_id,
    pulls.pulled_at,
    brought_keys.batch_id IS NULL AS is_missing,
    ${standing_is_covered} AS is_covered
  FROM
    standing
  INNER JOIN
    pulls
    ON pulls.pulled_at > standing._pulled_at
    OR (pulls.pulled_at = standing._pulled_at AND pulls.batch_id > standing._batch_id)
  LEFT JOIN
    brought_keys
    ON brought_keys.batch_id = pulls.batch_id
    AND brought_keys.key_text = standing.key_text
  WHERE
    ${standing_is_covered}
    OR brought_keys.batch_id IS NOT NULL
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY standing._batch_id, standing._row
      ORDER BY pulls.pulled_at, pulls.batch_id
    ) = 1
),
brought_units AS (
  SELECT _batch_id AS batch_id, ${unit} AS unit, _pulled_at AS pulled_at, COUNT(*) AS brought
  FROM arriving
  GROUP BY _batch_id, unit, _pulled_at
),
-- When each unit was last seen in a pull: those that wait, and those that were settled.
sightings AS (
  SELECT unit, pulled_at FROM brought_units
  UNION ALL
  SELECT entry.business_unit AS unit, batches.pulled_at
  FROM ${log} AS log
  CROSS JOIN UNNEST(log.counts) AS entry
  INNER JOIN ${ops}.batches AS batches ON batches.batch_id = entry.batch_id
  WHERE entry.kept + entry.superseded > 0
),
losses AS (
  SELECT
    next_touches.batch_id,
    next_touches.unit,
    next_touches.pulled_at,
    COUNT(*) AS row_count,
    ${removed} AS removed,
    COALESCE(MAX(brought_units.brought), 0) AS brought
  FROM
    next_touches
  LEFT JOIN
    brought_units
    ON brought_units.batch_id = next_touches.batch_id
    AND brought_units.unit = next_touches.unit
  WHERE
    next_touches.is_covered
  GROUP BY
    next_touches.batch_id,
    next_touches.unit,
    next_touches.pulled_at
)
