"""The language of a subscription's filter, read into a predicate over a message's attributes.

    filter     = unary { "AND" unary } | unary { "OR" unary }
    unary      = "NOT" unary | "(" filter ")" | comparison
    comparison = "attributes" ":" key
               | "attributes" "." key ( "=" | "!=" ) text
               | "hasPrefix" "(" "attributes" "." key "," text ")"
    key        = letters, digits, "_" and "-" | text
    text       = a double-quoted string, with backslash escapes

After https://cloud.google.com/pubsub/docs/subscription-message-filter: operators are upper-case,
NOT binds closest, and AND and OR meet only through parentheses.
"""

import ast
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

Attributes = Mapping[str, str]
Predicate = Callable[[Attributes], bool]

MAX_FILTER_BYTES = 256
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>"(?:[^"\\\n]|\\(?:["'\\abfnrtv]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-3][0-7]{2}))*")
    |(?P<name>[A-Za-z0-9_-]+)
    |(?P<symbol>!=|[=:.,()])""",
    re.VERBOSE,
)


class FilterError(ValueError):
    """The text is not a filter; the message says where and what was expected."""


def parse_filter(source: str) -> Predicate:
    """Read a filter; an empty one lets every message through.

    Raises:
        FilterError: the text is longer than 256 bytes, or not in the language.
    """
    size = len(source.encode())
    if size > MAX_FILTER_BYTES:
        raise FilterError(f"A filter has at most {MAX_FILTER_BYTES} bytes, not {size}.")
    if not source:
        return lambda _: True
    return _Parser(source).parse()


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def _tokens(source: str) -> list[_Token]:
    tokens, position = [], 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise FilterError(
                f"Unexpected {source[position]!r} at {position} in filter {source!r}."
            )
        tokens.append(_Token(match.lastgroup or "", match.group(), position))
        position = match.end()
    end = _Token("end", "", len(source))
    return [token for token in tokens if token.kind != "space"] + [end]


class _Parser:
    """Recursive descent, one method for each rule of the grammar."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._rest = _tokens(source)

    def parse(self) -> Predicate:
        predicate = self._filter()
        if self._rest[0].kind != "end":
            raise self._expected("the end (put AND beside OR in parentheses)")
        return predicate

    def _filter(self) -> Predicate:
        operands = [self._unary()]
        operator = self._rest[0].text
        while operator in ("AND", "OR") and self._accept(operator):
            operands.append(self._unary())
        combine = any if operator == "OR" else all
        return lambda attributes: combine(operand(attributes) for operand in operands)

    def _unary(self) -> Predicate:
        if self._accept("NOT"):
            operand = self._unary()
            return lambda attributes: not operand(attributes)
        if self._accept("("):
            inner = self._filter()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        if self._accept("hasPrefix"):
            return self._prefix()
        self._expect("attributes")
        if self._accept(":"):
            present = self._key()
            return lambda attributes: present in attributes
        self._expect(".")
        key = self._key()
        if self._accept("!="):
            # A message without the attribute passes: != is the opposite of =.
            unwanted = self._text()
            return lambda attributes: attributes.get(key) != unwanted
        self._expect("=")
        wanted = self._text()
        return lambda attributes: attributes.get(key) == wanted

    def _prefix(self) -> Predicate:
        for symbol in ("(", "attributes", "."):
            self._expect(symbol)
        key = self._key()
        self._expect(",")
        prefix = self._text()
        self._expect(")")
        return lambda attributes: key in attributes and attributes[key].startswith(prefix)

    def _key(self) -> str:
        if self._rest[0].kind == "name":
            return self._rest.pop(0).text
        return self._text("an attribute's key")

    def _text(self, description: str = "a text in double quotes") -> str:
        if self._rest[0].kind != "text":
            raise self._expected(description)
        return str(ast.literal_eval(self._rest.pop(0).text))

    def _accept(self, text: str) -> bool:
        found = self._rest[0].text == text
        if found:
            self._rest.pop(0)
        return found

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._expected(repr(text))

    def _expected(self, what: str) -> FilterError:
        token = self._rest[0]
        found = repr(token.text) if token.text else "the end"
        return FilterError(
            f"Expected {what} at {token.position} in filter {self._source!r}, found {found}."
        )
