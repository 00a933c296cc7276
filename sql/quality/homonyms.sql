-- One row an estimator who shares a name with another one of the same pull.
SELECT DISTINCT
  'homonymous estimators' AS check_name,
  '${address}' AS subject,
  CAST(NULL AS STRING) AS status,
  CAST(NULL AS STRING) AS expected,
  CONCAT(${homonyms}, ' of ', ${unit}) AS found,
  CONCAT(${homonyms}, ' of ', ${unit}) AS row_key
FROM
  ${raw}
WHERE
  ${day} BETWEEN @from AND @to
  AND REGEXP_CONTAINS(${homonyms}, r' \([0-9]+\)$')
