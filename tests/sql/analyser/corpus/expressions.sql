-- Numbers
whole + other
whole - other
whole * other
-whole
huge + 1
huge * other
-huge
whole / other
MOD(whole, other)
MOD(amount, other_amount)
ABS(whole)
ABS(huge)
ABS(amount)
ABS(ratio)
SAFE_DIVIDE(whole, other)
SAFE_DIVIDE(amount, other_amount)
SAFE_DIVIDE(amount, whole)
SAFE_DIVIDE(ratio, other_ratio)
SAFE_DIVIDE(ratio, amount)
TRUNC(ratio)
TRUNC(ratio * 1000000)
ROUND(ratio)
ROUND(ratio, 2)
ROUND(ratio, -2)
ROUND(whole)
ROUND(amount)
ROUND(amount, 2)
ROUND(amount, -1)
ROUND(wide)
amount + other_amount
amount - other_amount
amount * other_amount
amount / other_amount
amount * whole
amount / whole
amount + ratio
amount * ratio
wide + 1
wide * 2
wide / 3
-amount
100 * amount / other_amount
100 * SAFE_DIVIDE(amount, other_amount)
ROUND(100 * SAFE_DIVIDE(amount, whole), 2)
ratio + other_ratio
ratio * other_ratio
ratio / other_ratio
ratio = other_ratio
ratio < other_ratio
whole < ratio
amount < ratio
amount = whole
amount >= whole
(amount + other_amount) * whole
amount BETWEEN other_amount AND 100
whole IN (1, 2, NULL)
whole NOT IN (1, 2)
GREATEST(whole, other)
GREATEST(amount, other_amount, 0)
GREATEST(ratio, other_ratio)
LEAST(whole, other)
LEAST(amount, whole)
LEAST(ratio, other_ratio)

-- Casts
CAST(whole AS FLOAT64)
CAST(whole AS NUMERIC)
CAST(whole AS STRING)
CAST(huge AS NUMERIC)
CAST(huge AS FLOAT64)
CAST(huge AS STRING)
CAST(ratio AS INT64)
CAST(ratio AS NUMERIC)
CAST(ratio AS STRING)
CAST(amount AS INT64)
CAST(amount AS FLOAT64)
CAST(amount AS STRING)
CAST(wide AS STRING)
CAST(flag AS STRING)
CAST(flag AS INT64)
CAST(day AS STRING)
CAST(instant AS STRING)
CAST(instant AS DATE)
CAST(day AS TIMESTAMP)
CAST(number_text AS INT64)
SAFE_CAST(number_text AS INT64)
SAFE_CAST(number_text AS FLOAT64)
SAFE_CAST(number_text AS NUMERIC)
SAFE_CAST(number_text AS BOOL)
SAFE_CAST(day_text AS DATE)
SAFE_CAST(instant_text AS TIMESTAMP)
SAFE_CAST(ratio AS INT64)
SAFE_CAST(ratio AS NUMERIC)
SAFE_CAST(wide AS INT64)

-- Conditions
flag AND other_flag
flag OR other_flag
NOT flag
flag = other_flag
flag IS TRUE
flag IS NOT FALSE
whole IS NULL
name IS NOT NULL
whole = other
whole != other
whole IS DISTINCT FROM other
whole IS NOT DISTINCT FROM other
name <> other_name
name < other_name
name = other_name
day < other_day
day BETWEEN other_day AND '2024-12-31'
instant <= other_instant
name IN ('a', 'Ärger', '')
day IN UNNEST([other_day, DATE '2024-02-29'])
whole IN UNNEST([1, 2, 3])
IF(flag, whole, other)
IF(whole > other, name, other_name)
IF(flag, amount, 0)
IF(flag, whole, ratio)
IFNULL(whole, other)
IFNULL(amount, 0)
COALESCE(name, other_name, '')
COALESCE(amount, whole, 0)
COALESCE(whole, ratio)
NULLIF(whole, other)
NULLIF(name, '')
NULLIF(amount, 0)
CASE WHEN whole > 5 THEN 'many' WHEN whole > 0 THEN 'few' ELSE 'none' END
CASE few WHEN 0 THEN 'none' WHEN 1 THEN 'one' END
CASE WHEN flag THEN whole ELSE amount END
EXISTS (SELECT 1 FROM UNNEST(SPLIT(name, ' ')) AS part WHERE part = word)
(SELECT MAX(part) FROM UNNEST(SPLIT(name, ' ')) AS part)
(SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, few)) AS place)

-- Strings
name || other_name
CONCAT(name, ' ', other_name)
CONCAT(name, CAST(whole AS STRING))
LENGTH(name)
UPPER(name)
LOWER(name)
TRIM(name)
TRIM(name, 'a ')
LTRIM(name)
RTRIM(name)
REPLACE(name, 'a', 'bb')
REPLACE(name, '', 'b')
SUBSTR(name, 2)
SUBSTR(name, few)
SUBSTR(name, 1, few)
SUBSTR(name, -2)
SUBSTR(name, few, 2)
SUBSTR(name, -few, 2)
STRPOS(name, word)
STRPOS(name, '')
STARTS_WITH(name, word)
ENDS_WITH(name, word)
LPAD(name, few)
LPAD(word, 6, '*-')
RPAD(name, few, 'x')
RPAD(word, 6)
SPLIT(name, ' ')
SPLIT(name)
ARRAY_LENGTH(SPLIT(name, ' '))
name LIKE 'a%'
name LIKE '%_b'
name LIKE CONCAT('%', word, '%')
name NOT LIKE '%a%'
name LIKE r'%\%%'
REGEXP_CONTAINS(name, r'(?i)\btest\b')
REGEXP_CONTAINS(name, r'^[a-z]+$')
REGEXP_CONTAINS(COALESCE(name, ''), 'Ä')
REGEXP_EXTRACT(name, r'[a-z]+')
REGEXP_EXTRACT(name, r'(\w+)$')
REGEXP_EXTRACT(name, r'^(.) ')
REGEXP_EXTRACT(name, r'[a-z](0)?')
REGEXP_REPLACE(name, r'[aeiou]', '*')
REGEXP_REPLACE(name, r'(\w+) (\w+)', r'\2 \1')
REGEXP_REPLACE(name, r'\s+', ' ')
TO_HEX(SHA256(name))

-- Days
DATE_ADD(day, INTERVAL 1 DAY)
DATE_ADD(day, INTERVAL few MONTH)
DATE_ADD(day, INTERVAL 1 YEAR)
DATE_ADD(day, INTERVAL few WEEK)
DATE_ADD(day, INTERVAL 1 QUARTER)
DATE_SUB(day, INTERVAL few DAY)
DATE_SUB(day, INTERVAL 1 MONTH)
DATE_SUB(day, INTERVAL 35 DAY)
DATE_DIFF(day, other_day, DAY)
DATE_DIFF(day, other_day, WEEK)
DATE_DIFF(day, other_day, ISOWEEK)
DATE_DIFF(day, other_day, MONTH)
DATE_DIFF(day, other_day, QUARTER)
DATE_DIFF(day, other_day, YEAR)
DATE_TRUNC(day, MONTH)
DATE_TRUNC(day, QUARTER)
DATE_TRUNC(day, YEAR)
DATE_TRUNC(day, WEEK)
DATE_TRUNC(day, ISOWEEK)
EXTRACT(YEAR FROM day)
EXTRACT(QUARTER FROM day)
EXTRACT(MONTH FROM day)
EXTRACT(DAY FROM day)
EXTRACT(DAYOFWEEK FROM day)
EXTRACT(DAYOFYEAR FROM day)
EXTRACT(ISOWEEK FROM day)
EXTRACT(ISOYEAR FROM day)
DATE(2024, few + 1, 29)
DATE(instant)
DATE(instant, 'America/Phoenix')
DATE(instant, 'Australia/Melbourne')
DATE(instant, 'America/New_York')
day + 1
GENERATE_DATE_ARRAY(day, DATE_ADD(day, INTERVAL few DAY))
GENERATE_DATE_ARRAY(day, DATE_ADD(day, INTERVAL 20 DAY), INTERVAL 1 WEEK)
GENERATE_DATE_ARRAY(other_day, DATE_SUB(other_day, INTERVAL 1 DAY))

-- Instants
TIMESTAMP(day)
TIMESTAMP(day, 'America/Phoenix')
TIMESTAMP(day, 'Australia/Melbourne')
TIMESTAMP(instant_text)
TIMESTAMP('2024-03-10 02:30:00', 'America/New_York')
TIMESTAMP_ADD(instant, INTERVAL few HOUR)
TIMESTAMP_ADD(instant, INTERVAL 1 DAY)
TIMESTAMP_SUB(instant, INTERVAL 90 MINUTE)
TIMESTAMP_SUB(instant, INTERVAL few SECOND)
TIMESTAMP_ADD(instant, INTERVAL few MILLISECOND)
TIMESTAMP_ADD(instant, INTERVAL few MICROSECOND)
TIMESTAMP_DIFF(instant, other_instant, SECOND)
TIMESTAMP_DIFF(instant, other_instant, MINUTE)
TIMESTAMP_DIFF(instant, other_instant, HOUR)
TIMESTAMP_DIFF(instant, other_instant, DAY)
TIMESTAMP_DIFF(instant, other_instant, MILLISECOND)
TIMESTAMP_DIFF(instant, other_instant, MICROSECOND)
EXTRACT(HOUR FROM instant)
EXTRACT(DAY FROM instant)
EXTRACT(DATE FROM instant)
EXTRACT(HOUR FROM instant AT TIME ZONE 'Australia/Melbourne')
EXTRACT(DATE FROM instant AT TIME ZONE 'America/Phoenix')
FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%S', instant)
FORMAT_TIMESTAMP('%Y', instant)
FORMAT_TIMESTAMP('%F %T', instant, 'Australia/Melbourne')
UNIX_MICROS(instant)

-- JSON
JSON_VALUE(document, '$.run_id')
JSON_VALUE(document, '$.deep.list[1]')
JSON_VALUE(document, '$.deep')
JSON_VALUE(document, '$')
JSON_QUERY(document, '$.deep')
JSON_QUERY(document, '$.deep.list')
JSON_VALUE_ARRAY(document, '$.deep.list')

-- Arrays and structs
[whole, other, few]
ARRAY_LENGTH(GENERATE_ARRAY(1, few))
GENERATE_ARRAY(few, 1, -1)
GENERATE_ARRAY(0, 10, few + 1)
[1, 2, 3][OFFSET(1)]
SPLIT(name, ' ')[OFFSET(0)]
SPLIT(name, ' ')[ORDINAL(1)]
ARRAY_CONCAT([few], GENERATE_ARRAY(1, few))
ARRAY_TO_STRING(SPLIT(name, ' '), '-')
ARRAY_TO_STRING([name, other_name], ', ', '?')
ARRAY(SELECT DISTINCT part FROM UNNEST(SPLIT(name, ' ')) AS part ORDER BY part)
ARRAY(SELECT place * 2 FROM UNNEST(GENERATE_ARRAY(1, few)) AS place WITH OFFSET AS offset_of_it ORDER BY offset_of_it DESC)
ARRAY(SELECT STRUCT(place AS n, name AS s) FROM UNNEST(GENERATE_ARRAY(1, few)) AS place ORDER BY place)
STRUCT(whole AS n, name AS s)
STRUCT(whole AS n, name AS s).s
STRUCT(few AS n, [day] AS days)
