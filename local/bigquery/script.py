"""A script's text, split into its statements by its tokens.

sqlglot parses single statements; of the procedural language it would swallow text as "commands".
Strings, comments and CASE … END are tokens here, so they can't be mistaken for structure.
https://cloud.google.com/bigquery/docs/reference/standard-sql/procedural-language
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar

from sqlglot.dialects.bigquery import BigQuery
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from local.bigquery.errors import invalid_query, refused
from local.bigquery.syntax import check_syntax

_REFUSED = {
    "ASSERT", "BREAK", "CALL", "CASE", "CONTINUE", "EXECUTE", "EXPORT", "FOR", "GRANT", "ITERATE",
    "LEAVE", "LOAD", "LOOP", "REPEAT", "RETURN", "REVOKE", "WHILE",
}  # fmt: skip
_DEEPER = {"(": 1, "CASE": 1, ")": -1, "END": -1}


class Tokenizer(BigQuery.Tokenizer):
    """BigQuery's, without commands that take the rest of the text."""

    COMMANDS: ClassVar[set[TokenType]] = set()


@dataclass(frozen=True)
class Statement:
    """A statement and where it is; an IF, a block and nothing else have statements inside.

    `kind` is its first word. `branches` are an IF's conditions with their statements, `body` is a
    block's, `otherwise` an ELSE's or the exception handler's (None: there is no handler).
    """

    kind: str
    text: str
    line: int
    column: int
    branches: tuple[tuple["Statement", tuple["Statement", ...]], ...] = ()
    body: tuple["Statement", ...] = ()
    otherwise: tuple["Statement", ...] | None = field(default=None)

    @property
    def position(self) -> str:
        """The place, as BigQuery's messages name it."""
        return f"[{self.line}:{self.column}]"


@lru_cache(256)
def split(text: str) -> tuple[Statement, ...]:
    """Return the statements of a script; raise BigQueryError for a broken structure."""
    try:
        tokens = Tokenizer().tokenize(text)
    except TokenError as error:
        raise invalid_query(f"Syntax error: {error}") from error
    check_syntax(tokens)
    reader = _Reader(text, tokens)
    found = reader.statements()
    if reader.word():
        raise reader.unexpected("end of script")
    return found


class _Reader:
    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text, self._tokens, self._next = text, tokens, 0

    def word(self, ahead: int = 0) -> str:
        """The next token in upper case; empty for quoted text and at the end."""
        if self._next + ahead >= len(self._tokens):
            return ""
        token = self._tokens[self._next + ahead]
        quoted = token.token_type in (TokenType.STRING, TokenType.RAW_STRING, TokenType.IDENTIFIER)
        return "" if quoted else token.text.upper()

    def unexpected(self, expected: str) -> Exception:
        if self._next >= len(self._tokens):
            return invalid_query(f"Syntax error: Expected {expected} but got end of script")
        token = self._tokens[self._next]
        place = f"[{token.line}:{token.col - len(token.text) + 1}]"
        return invalid_query(f"Syntax error: Expected {expected} but got {token.text} at {place}")

    def statements(self, *stops: str) -> tuple[Statement, ...]:
        """Read statements up to one of the words `stops`, or to the end."""
        found: list[Statement] = []
        while self._next < len(self._tokens) and self.word() not in stops:
            if self.word() == ";":
                self._next += 1
                continue
            self._check_declaration(found)
            found.append(self._statement())
            if self._next < len(self._tokens) and self.word() != ";":
                raise self.unexpected("end of statement")
        return tuple(found)

    def _check_declaration(self, before: list[Statement]) -> None:
        if self.word() == "DECLARE" and before and before[-1].kind != "DECLARE":
            token = self._tokens[self._next]
            place = f"[{token.line}:{token.col - len(token.text) + 1}]"
            where = "at the start of a block or script"
            raise invalid_query(f"Variable declarations are allowed only {where} at {place}")

    def _statement(self) -> Statement:
        word = (self.word().split() or [""])[0]  # BEGIN TRANSACTION is one token.
        if word in _REFUSED:
            raise refused(f"{word} statements")
        if word == "IF":
            return self._if()
        if word == "BEGIN" and self.word() == "BEGIN" and self.word(1) not in (";", ""):
            return self._block()
        return self._text_until(word)

    def _if(self) -> Statement:
        token, branches, otherwise = self._tokens[self._next], [], None
        while self.word() in ("IF", "ELSEIF"):
            self._next += 1
            condition = self._text_until("CONDITION", "THEN")
            self._take("THEN")
            branches.append((condition, self.statements("ELSEIF", "ELSE", "END")))
        if self.word() == "ELSE":
            self._take("ELSE")
            otherwise = self.statements("END")
        self._take("END", "IF")
        place = token.line, token.col - len(token.text) + 1
        return Statement("IF", "", *place, branches=tuple(branches), otherwise=otherwise)

    def _block(self) -> Statement:
        token, handler = self._tokens[self._next], None
        self._take("BEGIN")
        body = self.statements("EXCEPTION", "END")
        if self.word() == "EXCEPTION":
            self._take("EXCEPTION", "WHEN", "ERROR", "THEN")
            handler = self.statements("END")
        self._take("END")
        place = token.line, token.col - len(token.text) + 1
        return Statement("BLOCK", "", *place, body=body, otherwise=handler)

    def _take(self, *words: str) -> None:
        for word in words:
            if self.word() != word:
                raise self.unexpected(word)
            self._next += 1

    def _text_until(self, kind: str, *stops: str) -> Statement:
        """Read up to a semicolon or one of `stops` that no parenthesis or CASE contains."""
        start, depth = self._next, 0
        while self._next < len(self._tokens):
            word = self.word()
            if not depth and word in (";", *stops):
                break
            depth += _DEEPER.get(word, 0)
            if depth < 0:
                raise self.unexpected("end of statement")
            self._next += 1
        if self._next == start:
            raise self.unexpected("an expression")
        first, last = self._tokens[start], self._tokens[self._next - 1]
        text = self._text[first.start : last.end + 1]
        return Statement(kind, text, first.line, first.col - len(first.text) + 1)
