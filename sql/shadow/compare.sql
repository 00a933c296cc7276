-- The figures of both for some days, entered as a night's comparison, each with the known
-- difference that covers it. The figures of a row are structs of a measure's name and value.
INSERT INTO ${ops}.shadow_figures (
  night, compared_at, view_name, kpi_date, region_key, measure, theirs, ours, known
)
WITH
theirs AS (
  SELECT kpi_date, region_key, figure.measure, figure.value
  FROM ${theirs}
  CROSS JOIN UNNEST([${figures}]) AS figure
  WHERE kpi_date BETWEEN @first AND @last
),
ours AS (
  SELECT kpi_date, region_key, figure.measure, figure.value
  FROM ${ours}
  CROSS JOIN UNNEST([${figures}]) AS figure
  WHERE kpi_date BETWEEN @first AND @last
),
figures AS (
  SELECT
    COALESCE(theirs.kpi_date, ours.kpi_date) AS kpi_date,
    COALESCE(theirs.region_key, ours.region_key) AS region_key,
    COALESCE(theirs.measure, ours.measure) AS measure,
    theirs.value AS theirs,
    ours.value AS ours
  FROM
    theirs
  FULL JOIN
    ours
    ON theirs.kpi_date = ours.kpi_date
    AND theirs.region_key = ours.region_key
    AND theirs.measure = ours.measure
)
SELECT
  @night AS night,
  CURRENT_TIMESTAMP() AS compared_at,
  @view_name AS view_name,
  kpi_date,
  region_key,
  measure,
  theirs,
  ours,
  (
    SELECT
      MIN(listed.reason)
    FROM
      UNNEST(@known) AS listed
    WHERE
      listed.measure = figures.measure
      AND listed.region_key IN ('', figures.region_key)
      AND figures.kpi_date BETWEEN listed.first_day AND listed.last_day
      AND ABS(IFNULL(figures.theirs, 0) - IFNULL(figures.ours, 0)) <= listed.at_most
  ) AS known
FROM
  figures
