-- One row a day and business unit: the estimators' rows summed.
SELECT
  event_date AS kpi_date,
  bu_name AS bu_key,
  SUM(sales_opportunities) AS estimates,
  SUM(closed_opportunities) AS booked,
  SUM(completed_est) AS completed_est,
  SAFE_DIVIDE(SUM(closed_opportunities), SUM(sales_opportunities)) AS close_rate_decimal,
  SUM(total_sales) AS total_sales,
  SAFE_DIVIDE(SUM(total_sales), SUM(closed_opportunities)) AS avg_closed_sale
FROM
  ${st_raw}.raw_daily_wbr_v2
WHERE
  event_date BETWEEN @from AND @to
  AND event_date IN UNNEST(@days)
GROUP BY
  kpi_date,
  bu_key
