"""DuckDB macros for what BigQuery computes otherwise than DuckDB; `rules` puts them into SQL.

Their names begin with `bq_`. Exact arithmetic of NUMERIC goes through integers of 128 bits, in
units of a billionth, because DuckDB divides decimals as floating point.
"""

_WHITESPACE = (
    "chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(32) || chr(133) || chr(160)"
    " || chr(5760) || chr(8192) || chr(8193) || chr(8194) || chr(8195) || chr(8196) || chr(8197)"
    " || chr(8198) || chr(8199) || chr(8200) || chr(8201) || chr(8202) || chr(8232) || chr(8233)"
    " || chr(8239) || chr(8287) || chr(12288)"
)

_DEFINITIONS = {
    # Numbers
    "bq_units(a)": "CAST(CAST(a AS DECIMAL(38,9)) * 1000000000 AS HUGEINT)",
    "bq_from_units(u)": "CAST(CAST(u AS DECIMAL(38,0)) * 0.000000001 AS DECIMAL(38,9))",
    "bq_quotient(a, b)": """bq_from_units(
        sign(bq_units(a)) * sign(bq_units(b))
        * ((abs(bq_units(a)) * 2000000000 + abs(bq_units(b))) // (2 * abs(bq_units(b))))
    )""",
    # Half away from zero, of the exact value: 2.675 is a little less, so its cents are 67.
    "bq_round(x, n)": """CASE
        WHEN regexp_matches(printf('%.30f', x), '\\.\\d{' || n || '}50*$') THEN round(x, n)
        ELSE CAST(printf('%.' || n || 'f', x) AS DOUBLE) END""",
    "bq_zero(a, b)": "error('division by zero: ' || a || ' / ' || b)",
    "bq_divide_numeric(a, b)": "CASE WHEN b = 0 THEN bq_zero(a, b) ELSE bq_quotient(a, b) END",
    "bq_safe_divide_numeric(a, b)": "CASE WHEN b <> 0 THEN bq_quotient(a, b) END",
    "bq_divide(a, b)": """CASE WHEN b = 0 THEN bq_zero(a, b)
        ELSE CAST(a AS DOUBLE) / CAST(b AS DOUBLE) END""",
    "bq_safe_divide(a, b)": "CASE WHEN b <> 0 THEN CAST(a AS DOUBLE) / CAST(b AS DOUBLE) END",
    "bq_mod(a, b)": "CASE WHEN b = 0 THEN bq_zero(a, b) ELSE a % b END",
    # Casts. What typeof compares is constant, so that only one branch is left.
    "bq_is_int64(s)": "regexp_full_match(s, '\\s*([+-]?\\d+|0[xX][0-9a-fA-F]+)\\s*')",
    "bq_int64(x)": """CASE
        WHEN typeof(x) = 'DOUBLE' THEN CAST(round(CAST(x AS DOUBLE)) AS BIGINT)
        WHEN typeof(x) <> 'VARCHAR' THEN CAST(x AS BIGINT)
        WHEN x IS NULL OR bq_is_int64(CAST(x AS VARCHAR))
        THEN CAST(CAST(x AS VARCHAR) AS BIGINT)
        ELSE error('Bad int64 value: ' || CAST(x AS VARCHAR)) END""",
    "bq_safe_int64(x)": """CASE
        WHEN typeof(x) = 'DOUBLE' THEN TRY_CAST(round(TRY_CAST(x AS DOUBLE)) AS BIGINT)
        WHEN typeof(x) <> 'VARCHAR' OR bq_is_int64(CAST(x AS VARCHAR))
        THEN TRY_CAST(x AS BIGINT) END""",
    "bq_bool(x)": """CASE
        WHEN typeof(x) <> 'VARCHAR' OR lower(CAST(x AS VARCHAR)) IN ('true', 'false')
        THEN CAST(x AS BOOLEAN) WHEN x IS NOT NULL
        THEN error('Bad bool value: ' || CAST(x AS VARCHAR)) END""",
    "bq_safe_bool(x)": """CASE
        WHEN typeof(x) <> 'VARCHAR' OR lower(CAST(x AS VARCHAR)) IN ('true', 'false')
        THEN TRY_CAST(x AS BOOLEAN) END""",
    "bq_is_date(s)": "regexp_full_match(s, '\\d{4}-\\d{1,2}-\\d{1,2}')",
    "bq_safe_date(x)": """CASE
        WHEN (typeof(x) <> 'VARCHAR' OR bq_is_date(CAST(x AS VARCHAR)))
        AND TRY_CAST(x AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'
        THEN TRY_CAST(x AS DATE) END""",
    # 15 digits if they suffice, else 17; three or six digits of a second, or none.
    "bq_float_string(x)": """CASE
        WHEN CAST(printf('%.15g', x) AS DOUBLE) = x THEN printf('%.15g', x + 0)
        ELSE printf('%.17g', x) END""",
    "bq_time_string(t)": """CASE
        WHEN regexp_matches(t, '\\.\\d{1,3}\\+')
        THEN rpad(regexp_extract(t, '[^+]*'), 23, '0') || '+00'
        WHEN contains(t, '.') THEN rpad(regexp_extract(t, '[^+]*'), 26, '0') || '+00'
        ELSE t END""",
    "bq_numeric_string(x)": "regexp_replace(CAST(x AS VARCHAR), '\\.?0+$', '')",
    "bq_string(x)": """CASE
        WHEN starts_with(typeof(x), 'DECIMAL')
        THEN bq_numeric_string(x)
        WHEN typeof(x) = 'DOUBLE' THEN bq_float_string(TRY_CAST(CAST(x AS VARCHAR) AS DOUBLE))
        WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN bq_time_string(CAST(x AS VARCHAR))
        ELSE CAST(x AS VARCHAR) END""",
    # Dates and times. `day` is 0 for weeks from Sunday, 1 for weeks from Monday …
    "bq_week(d, day)": "CAST(d - CAST((dayofweek(d) - day + 7) % 7 AS INTEGER) AS DATE)",
    "bq_week_diff(a, b, day)": "CAST((bq_week(a, day) - bq_week(b, day)) // 7 AS BIGINT)",
    "bq_timestamp_diff(a, b, unit)": "(epoch_us(a) - epoch_us(b)) // unit",
    # Strings
    "bq_substr(s, p)": "substr(s, CASE WHEN p = 0 OR p < -length(s) THEN 1 ELSE p END)",
    "bq_substr_of(s, p, n)": "substr(s, CASE WHEN p = 0 OR p < -length(s) THEN 1 ELSE p END, n)",
    "bq_regexp_extract(s, p, g)": "CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END",
    "bq_concat(parts)": """CASE WHEN list_count(parts) = len(parts)
        THEN list_aggregate(parts, 'string_agg', '') END""",
    "bq_trim(s)": f"trim(s, {_WHITESPACE})",
    "bq_ltrim(s)": f"ltrim(s, {_WHITESPACE})",
    "bq_rtrim(s)": f"rtrim(s, {_WHITESPACE})",
    # Arrays
    "bq_at(list, i)": """CASE
        WHEN i < 0 OR i >= len(list) THEN error('Array index ' || i || ' is out of bounds')
        ELSE list[i + 1] END""",
    "bq_array_concat(a, b)": "CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN list_concat(a, b) END",
    "bq_in(list, x)": """CASE
        WHEN len(coalesce(list, [])) = 0 THEN FALSE
        WHEN x IS NULL THEN NULL
        WHEN list_contains(list, x) THEN TRUE
        WHEN list_count(list) < len(list) THEN NULL
        ELSE FALSE END""",
    # JSON: text that is none has no values.
    "bq_json_value(x, path)": "CASE WHEN json_valid(x) THEN json_value(x, path) ->> '$' END",
    "bq_json_query(x, path)": "CASE WHEN json_valid(x) THEN json_extract(x, path) END",
    "bq_json_text(x, path)": """CASE
        WHEN json_valid(x) AND json_type(x, path) <> 'NULL'
        THEN CAST(json_extract(x, path) AS VARCHAR) END""",
    "bq_json_value_array(x, path)": """CASE
        WHEN json_valid(x) AND json_type(x, path) = 'ARRAY' AND NOT list_has_any(
            [json_type(e) for e in CAST(json_extract(x, path) AS JSON[])], ['OBJECT', 'ARRAY'])
        THEN CAST(json_extract(x, path) AS VARCHAR[]) END""",
}

MACROS = tuple(
    f"CREATE OR REPLACE MACRO main.{signature} AS {body}"
    for signature, body in _DEFINITIONS.items()
)
