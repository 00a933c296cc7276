-- Aggregates
SELECT
  COUNT(*) AS row_count, COUNT(whole) AS counted, COUNT(DISTINCT few) AS few_counted,
  COUNTIF(flag) AS flagged, SUM(whole) AS whole, SUM(amount) AS amount, SUM(ratio) AS ratio,
  SUM(DISTINCT few) AS few, AVG(few) AS few_average, AVG(amount) AS average, AVG(IF(ABS(ratio) < 1e6, ratio, NULL)) AS mean,
  MIN(day) AS first_day, MAX(instant) AS last_instant, MIN(name) AS first_name,
  MAX(amount) AS largest, LOGICAL_AND(flag) AS every_flag, LOGICAL_OR(flag) AS any_flag,
  BIT_XOR(whole) AS bits
FROM ${samples};
SELECT
  COUNT(*) AS row_count, COUNTIF(flag) AS flagged, SUM(whole) AS whole, SUM(amount) AS amount,
  AVG(few) AS average, MIN(day) AS first_day, MAX(name) AS last_name, LOGICAL_OR(flag) AS any_flag,
  ARRAY_AGG(whole) AS list, STRING_AGG(name) AS names, ANY_VALUE(whole) AS some_value,
  BIT_XOR(whole) AS bits
FROM ${samples}
WHERE FALSE;
SELECT few, COUNT(*) AS row_count, SUM(amount) AS amount, ROUND(AVG(amount), 2) AS average
FROM ${samples}
GROUP BY few;
SELECT few, flag, COUNT(*) AS row_count
FROM ${samples}
GROUP BY few, flag
HAVING COUNT(*) > 1 AND SUM(whole) IS NOT NULL;
SELECT EXTRACT(YEAR FROM day) AS year, SUM(IF(flag, whole, 0)) AS whole
FROM ${samples}
GROUP BY year;
SELECT few, SAFE_DIVIDE(SUM(amount), COUNT(*)) AS share, SUM(amount) / 3 AS third
FROM ${samples}
GROUP BY few;
SELECT few, ROUND(100 * SAFE_DIVIDE(SUM(amount), NULLIF(SUM(other_amount), 0)), 2) AS margin
FROM ${samples}
GROUP BY 1;
SELECT
  few,
  STRING_AGG(word, ', ' ORDER BY id) AS words,
  STRING_AGG(DISTINCT word, '-' ORDER BY word DESC) AS distinct_words,
  ARRAY_AGG(id ORDER BY id DESC LIMIT 3) AS newest,
  ARRAY_AGG(word IGNORE NULLS ORDER BY id) AS list,
  ARRAY_AGG(STRUCT(id AS id, word AS word) ORDER BY id LIMIT 1)[OFFSET(0)].word AS first_word,
  ARRAY_AGG(DISTINCT few IGNORE NULLS) AS same
FROM ${samples}
GROUP BY few;
SELECT few, ANY_VALUE(few) AS same, MAX(IF(flag, day, NULL)) AS last_flagged
FROM ${samples}
GROUP BY few;
SELECT DISTINCT few, flag FROM ${samples};
SELECT name, COUNT(*) AS row_count FROM ${samples} GROUP BY name;
SELECT ratio, COUNT(*) AS row_count FROM ${samples} WHERE ratio IS NOT NULL GROUP BY ratio;
SELECT day, COUNT(DISTINCT name) AS names FROM ${samples} GROUP BY day;

-- Windows
SELECT
  id,
  ROW_NUMBER() OVER (PARTITION BY few ORDER BY day DESC, id) AS place,
  RANK() OVER (ORDER BY few) AS rank_of_few,
  DENSE_RANK() OVER (ORDER BY few DESC NULLS LAST) AS dense,
  PERCENT_RANK() OVER (ORDER BY few) AS percent,
  CUME_DIST() OVER (ORDER BY few) AS distribution,
  NTILE(4) OVER (ORDER BY id) AS quarter
FROM ${samples};
SELECT
  id,
  LAG(amount) OVER (PARTITION BY few ORDER BY id) AS amount_before,
  LEAD(name, 2, 'none') OVER (ORDER BY id) AS name_after,
  FIRST_VALUE(day) OVER (PARTITION BY flag ORDER BY instant NULLS LAST, id) AS first_day,
  LAST_VALUE(day) OVER (
    PARTITION BY flag ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
  ) AS last_day,
  FIRST_VALUE(name IGNORE NULLS) OVER (ORDER BY id) AS first_name
FROM ${samples};
SELECT
  id,
  SUM(amount) OVER (PARTITION BY few ORDER BY id) AS running,
  SUM(whole) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS of_three,
  AVG(amount) OVER (PARTITION BY few) AS average,
  COUNT(*) OVER () AS row_count,
  COUNTIF(flag) OVER (PARTITION BY few) AS flagged,
  MAX(day) OVER (ORDER BY few) AS last_day_so_far,
  SAFE_DIVIDE(amount, SUM(amount) OVER ()) AS share
FROM ${samples};
SELECT id, few
FROM ${samples}
WHERE few IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY few ORDER BY day DESC, id) = 1;
SELECT id, few, RANK() OVER few_by_name AS place
FROM ${samples}
WHERE TRUE
QUALIFY place <= 2
WINDOW few_by_name AS (PARTITION BY few ORDER BY name);

-- Joins, sets, subqueries
SELECT a.id, b.id AS other_id, b.name
FROM ${samples} AS a
INNER JOIN ${samples} AS b
  ON a.few = b.few AND a.flag = b.other_flag
WHERE a.id < 12;
SELECT a.id, b.id AS other_id
FROM ${samples} AS a
LEFT JOIN ${samples} AS b
  ON a.name = b.other_name AND b.day IS NOT NULL;
SELECT a.few, b.few AS other_few
FROM (SELECT DISTINCT few FROM ${samples} WHERE flag) AS a
FULL OUTER JOIN (SELECT DISTINCT few FROM ${samples} WHERE other_flag) AS b
  ON a.few = b.few;
SELECT COALESCE(a.few, -1) AS few, a.n, b.m
FROM (SELECT few, COUNT(*) AS n FROM ${samples} GROUP BY few) AS a
FULL JOIN (SELECT few, SUM(amount) AS m FROM ${samples} WHERE flag GROUP BY few) AS b
  USING (few);
SELECT a.id, part
FROM ${samples} AS a
CROSS JOIN UNNEST(SPLIT(a.name, ' ')) AS part;
SELECT a.id, expected_day
FROM ${samples} AS a
CROSS JOIN UNNEST(GENERATE_DATE_ARRAY(a.day, DATE_ADD(a.day, INTERVAL a.few DAY))) AS expected_day
WHERE a.day < '9999-01-01';
SELECT a.id, part, place
FROM ${samples} AS a
LEFT JOIN UNNEST(SPLIT(a.name, ' ')) AS part WITH OFFSET AS place;
SELECT a.id, part
FROM ${samples} AS a
CROSS JOIN UNNEST(SPLIT(a.name, ' ')) AS part WITH OFFSET AS place
WHERE place = 0;
SELECT entry.n, entry.s
FROM UNNEST([STRUCT(1 AS n, 'a' AS s), STRUCT(2, NULL), STRUCT(NULL, 'c')]) AS entry;
SELECT id FROM ${samples} WHERE few > 2
UNION ALL
SELECT other FROM ${samples} WHERE flag;
SELECT few FROM ${samples}
UNION DISTINCT
SELECT whole FROM ${samples};
SELECT few FROM ${samples} WHERE flag
EXCEPT DISTINCT
SELECT few FROM ${samples} WHERE other_flag;
SELECT few FROM ${samples} WHERE flag
INTERSECT DISTINCT
SELECT few FROM ${samples} WHERE other_flag;
WITH fewer AS (
  (
    SELECT few FROM ${samples} WHERE flag
    UNION DISTINCT
    SELECT whole FROM ${samples}
  )
  EXCEPT DISTINCT
  SELECT few FROM ${samples} WHERE other_flag
)
SELECT fewer.few FROM fewer;
SELECT whole, 'whole' AS kind FROM ${samples} WHERE flag
UNION ALL
SELECT amount, NULL FROM ${samples};
SELECT id
FROM ${samples} AS a
WHERE EXISTS (SELECT 1 FROM ${samples} AS b WHERE b.few = a.few AND b.id > a.id);
SELECT id
FROM ${samples} AS a
WHERE NOT EXISTS (SELECT 1 FROM ${samples} AS b WHERE b.name = a.other_name);
SELECT id FROM ${samples} WHERE few IN (SELECT few FROM ${samples} WHERE flag);
SELECT id FROM ${samples} WHERE few NOT IN (SELECT few FROM ${samples} WHERE flag AND few > 1);
SELECT id, (SELECT MAX(b.id) FROM ${samples} AS b WHERE b.few = a.few) AS last_id
FROM ${samples} AS a;
SELECT id, amount - (SELECT AVG(amount) FROM ${samples}) AS difference FROM ${samples};
WITH
flagged AS (
  SELECT id, few FROM ${samples} WHERE flag
),
counted AS (
  SELECT few, COUNT(*) AS row_count FROM flagged GROUP BY few
)
SELECT flagged.id, counted.row_count
FROM flagged
LEFT JOIN counted ON flagged.few = counted.few;
SELECT * EXCEPT (document, instant), few + 1 AS more FROM ${samples};
SELECT a.* REPLACE (few + 1 AS few) FROM ${samples} AS a WHERE flag;

-- Orders and limits
SELECT id, few FROM ${samples} ORDER BY few DESC, id;
SELECT id, few FROM ${samples} ORDER BY few, id DESC LIMIT 7;
SELECT id, name FROM ${samples} ORDER BY name DESC NULLS LAST, id LIMIT 10 OFFSET 5;
SELECT id, few FROM ${samples} ORDER BY few ASC NULLS LAST, 1 DESC;
SELECT id, ratio FROM ${samples} ORDER BY ratio, id;
SELECT id, ratio FROM ${samples} ORDER BY ratio DESC, id;
SELECT few, COUNT(*) AS row_count FROM ${samples} GROUP BY few ORDER BY row_count DESC, few;
SELECT ERROR(CONCAT('refused ', name)) AS never FROM ${samples} WHERE id < 0
