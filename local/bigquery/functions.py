"""The functions that SQL may call here: each gives BigQuery's results, or it would not be listed.

Whatever else is called is refused by name. The lint of `sql/` and the differential test against
Google's analyser read this list.
https://cloud.google.com/bigquery/docs/reference/standard-sql/functions-all
"""

from collections.abc import Iterator, Sequence

from sqlglot.tokenizer_core import Token, TokenType


def _words(text: str) -> list[str]:
    return text.split()


SUPPORTED = frozenset(
    _words("""
    ANY_VALUE ARRAY_AGG AVG BIT_XOR COUNT COUNTIF LOGICAL_AND LOGICAL_OR MAX MIN STRING_AGG SUM
    CUME_DIST DENSE_RANK FIRST_VALUE LAG LAST_VALUE LEAD NTILE PERCENT_RANK RANK ROW_NUMBER
    ARRAY ARRAY_CONCAT ARRAY_LENGTH ARRAY_TO_STRING GENERATE_ARRAY GENERATE_DATE_ARRAY
    OFFSET ORDINAL STRUCT UNNEST
    CAST COALESCE ERROR GREATEST IF IFNULL LEAST NULLIF SAFE_CAST
    CURRENT_DATE CURRENT_TIMESTAMP DATE DATE_ADD DATE_DIFF DATE_SUB DATE_TRUNC EXTRACT
    FORMAT_TIMESTAMP TIMESTAMP TIMESTAMP_ADD TIMESTAMP_DIFF TIMESTAMP_SUB UNIX_MICROS
    JSON_QUERY JSON_VALUE JSON_VALUE_ARRAY
    ABS MOD ROUND SAFE_DIVIDE TRUNC
    CONCAT ENDS_WITH LENGTH LOWER LPAD LTRIM REGEXP_CONTAINS REGEXP_EXTRACT REGEXP_REPLACE
    REPLACE RPAD RTRIM SHA256 SPLIT STARTS_WITH STRPOS SUBSTR TO_HEX TRIM UPPER
""")
)
# Words that a parenthesis may follow without a call; types of parameters and columns among them.
_SYNTAX = frozenset(
    _words("""
    ALL AND AS BETWEEN BY CASE DISTINCT ELSE END EXCEPT EXISTS FILTER FROM HAVING IN INSERT
    INTERSECT INTERVAL INTO IS JOIN LIKE LIMIT NOT ON OR OVER PARTITION QUALIFY RECURSIVE REPLACE
    SELECT SET THEN UNION USING VALUES WEEK WHEN WHERE WINDOW WITH NUMERIC STRING
""")
)
# After these, and a name of dotted parts, comes a list of columns.
_BEFORE_COLUMNS = frozenset({"INTO", "TABLE", "VIEW", "INSERT", "MERGE", "UPDATE", "EXISTS"})
_QUOTED = (TokenType.STRING, TokenType.RAW_STRING, TokenType.IDENTIFIER)


def unsupported(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the functions that a statement calls and that aren't in SUPPORTED."""
    for index, token in enumerate(tokens[1:], 1):
        before = tokens[index - 1]
        if token.token_type != TokenType.L_PAREN or before.token_type in _QUOTED:
            continue
        name, start = before.text.upper(), index - 1
        if not name.replace("_", "").isalnum() or name in _SYNTAX or name[0].isdigit():
            continue
        while start >= 2 and tokens[start - 1].token_type == TokenType.DOT:
            name, start = f"{tokens[start - 2].text.upper()}.{name}", start - 2
        if name not in SUPPORTED and not _names_columns(tokens, start):
            yield name


def _names_columns(tokens: Sequence[Token], start: int) -> bool:
    return start > 0 and tokens[start - 1].text.upper() in _BEFORE_COLUMNS
