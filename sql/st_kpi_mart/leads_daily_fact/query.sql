-- One row a day and business unit: leads created. A lead of a customer called "Test" is a trial of
-- the software; it stays in the raw table and is left out here.
SELECT
  job_created_on AS kpi_date,
  bu_key,
  COUNT(*) AS leads
FROM
  ${st_raw}.raw_leads
WHERE
  job_created_on BETWEEN @from AND @to
  AND job_created_on IN UNNEST(@days)
  AND NOT REGEXP_CONTAINS(COALESCE(customer_name, ''), r'(?i)\b${test_lead}\b')
GROUP BY
  kpi_date,
  bu_key
