-- One row a day and business unit: payments less refunds.
SELECT
  payment_date AS kpi_date,
  bu_key,
  SUM(amount) AS collected_amount
FROM
  ${st_raw}.raw_collections
WHERE
  payment_date BETWEEN @from AND @to
  AND payment_date IN UNNEST(@days)
GROUP BY
  kpi_date,
  bu_key
