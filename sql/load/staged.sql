SELECT * FROM ${staged}
WHERE _is_rejected IS NOT TRUE AND ${day} BETWEEN @first_day AND @last_day
