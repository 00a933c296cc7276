"""What sqlglot accepts and BigQuery calls a syntax error.

Where something is missing, two tokens can't follow each other, as the comma and the parenthesis of
`CONCAT(a, )`. Only the last column of a SELECT may have a comma after it.
https://cloud.google.com/bigquery/docs/reference/standard-sql/query-syntax#select_list
"""

from collections.abc import Sequence

from sqlglot.tokenizer_core import Token, TokenType

from local.bigquery.errors import BigQueryError, invalid_query

_STRINGS = (TokenType.STRING, TokenType.RAW_STRING)
_QUOTED = (*_STRINGS, TokenType.IDENTIFIER)
_BEFORE_NAMES = (TokenType.DOT, TokenType.PARAMETER)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Something must come between one of these and one of those.
_UNFINISHED = _words("""
    ( [ , AND AS BETWEEN BY DISTINCT ELSE FROM HAVING IN JOIN LIKE ON OR QUALIFY SELECT SET THEN
    USING WHEN WHERE
""")
_CONTINUING = _words("""
    , ) ] ; AND AS BETWEEN BY FROM GROUP HAVING JOIN LIKE LIMIT ON OR ORDER QUALIFY THEN UNION USING
    WHEN WHERE
""")
_ALLOWED = {("(", ")"), ("[", "]"), ("(", "ORDER"), ("DISTINCT", "FROM"), ("SELECT", "AS")}
# Operators and braces of other dialects.
_FOREIGN = _words("% :: == -> {")
_AFTER_COLUMNS = _words(") ; FROM GROUP HAVING LIMIT ORDER QUALIFY UNION WHERE")
_CLAUSES = _words("; BY FROM HAVING ON QUALIFY SELECT SET USING WHERE")


def check_syntax(tokens: Sequence[Token]) -> None:
    """Raise BigQueryError for the first token that can't stand where it does."""
    before, clauses = ";", [";"]  # A clause for each parenthesis that is open.
    for number, token in enumerate(tokens):
        word, last = _word_ends(tokens, number)
        if word in _FOREIGN or _is_missing(before, word, clauses[-1]):
            raise _unexpected(f"keyword {word}" if word.isalpha() else f'"{word}"', token)
        if before == "AS" and token.token_type in _STRINGS:
            raise _unexpected(f"string literal '{token.text}'", token)
        _follow(clauses, word)
        before = last
    if _is_missing(before, ";", clauses[-1]):
        raise _unexpected("end of script", tokens[-1], beyond=1)


def _follow(clauses: list[str], word: str) -> None:
    """Note which clause a word begins, or which parenthesis."""
    if word in ("(", "["):
        clauses.append(";")
    elif word in (")", "]"):
        clauses[:] = clauses[:-1] or [";"]
    elif word in _CLAUSES:
        clauses[-1] = word


def _word_ends(tokens: Sequence[Token], number: int) -> tuple[str, str]:
    """Return the first and last word of a token (GROUP BY is one), unless it is a name or text."""
    token = tokens[number]
    is_name = number > 0 and tokens[number - 1].token_type in _BEFORE_NAMES
    if is_name or token.token_type in _QUOTED:
        return "", ""
    words = token.text.upper().split()
    return words[0], words[-1]


def _is_missing(before: str, word: str, clause: str) -> bool:
    """Whether something must come between two words."""
    if before not in _UNFINISHED or word not in _CONTINUING or (before, word) in _ALLOWED:
        return False
    return before != "," or clause != "SELECT" or word not in _AFTER_COLUMNS


def _unexpected(what: str, token: Token, *, beyond: int = 0) -> BigQueryError:
    column = token.col + beyond if beyond else token.col - (token.end - token.start)
    place = f"[{token.line}:{column}]"
    return invalid_query(f"Syntax error: Unexpected {what} at {place}")
