-- One row a scheduled day and business unit: work that is booked.
SELECT
  scheduled_date,
  bu_key,
  COUNT(*) AS booked_jobs,
  SUM(job_subtotal) AS booked_subtotal
FROM
  ${st_raw}.raw_future_bookings
WHERE
  scheduled_date BETWEEN @from AND @to
  AND scheduled_date IN UNNEST(@days)
GROUP BY
  scheduled_date,
  bu_key
