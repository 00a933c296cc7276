-- Each figure of a night's newest comparison. A pull that came between the two explains a difference
-- if the one that was behind shows the other's figure in the comparison before or after.
WITH
newest AS (
  SELECT
    *
  FROM
    ${ops}.shadow_figures
  WHERE
    night >= '2000-01-01'
  QUALIFY
    compared_at = MAX(compared_at) OVER (PARTITION BY view_name, night)
),
neighbours AS (
  SELECT
    *,
    theirs IS NOT NULL AND ours IS NOT NULL AND ABS(theirs - ours) <= 0.00001
      OR theirs IS NULL AND ours IS NULL AS is_equal,
    LAG(theirs) OVER one_figure AS theirs_before,
    LEAD(theirs) OVER one_figure AS theirs_after,
    LAG(ours) OVER one_figure AS ours_before,
    LEAD(ours) OVER one_figure AS ours_after
  FROM
    newest
  WINDOW
    one_figure AS (PARTITION BY view_name, kpi_date, region_key, measure ORDER BY night)
),
judged AS (
  SELECT
    *,
    ABS(theirs - ours_before) <= 0.00001 OR ABS(theirs_after - ours) <= 0.00001 AS is_ours_later,
    ABS(ours - theirs_before) <= 0.00001 OR ABS(ours_after - theirs) <= 0.00001 AS is_theirs_later
  FROM
    neighbours
)
SELECT
  view_name,
  night,
  kpi_date,
  region_key,
  measure,
  theirs,
  ours,
  CASE
    WHEN is_equal THEN 'equal'
    WHEN is_ours_later OR is_theirs_later OR known IS NOT NULL THEN 'explained'
    ELSE 'unexplained'
  END AS verdict,
  CASE
    WHEN is_equal THEN NULL
    WHEN is_ours_later THEN 'a later pull of ours'
    WHEN is_theirs_later THEN 'a later pull of theirs'
    ELSE known
  END AS reason
FROM
  judged
