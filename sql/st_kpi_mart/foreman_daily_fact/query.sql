-- One row a day and business unit: jobs scheduled for the day, with revenue and costs.
SELECT
  job_start AS kpi_date,
  bu_key,
  COUNT(*) AS total_jobs,
  SUM(job_subtotal) AS total_subtotal,
  SUM(job_total_costs) AS total_costs,
  CAST(
    SAFE_DIVIDE((SUM(job_subtotal) - SUM(job_total_costs)) * 100, SUM(job_subtotal)) AS FLOAT64
  ) AS gm_pct
FROM
  ${st_raw}.raw_foreman
WHERE
  job_start BETWEEN @from AND @to
  AND job_start IN UNNEST(@days)
GROUP BY
  kpi_date,
  bu_key
