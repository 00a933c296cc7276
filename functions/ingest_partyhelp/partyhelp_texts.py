"""Texts by their bytes: a database orders texts by its collation, which Python has none of."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import LargeBinary


class TextBytes(GenericFunction[bytes]):
    """A text's UTF-8, whatever the table's own character set is."""

    name = "text_bytes"
    type = LargeBinary()
    inherit_cache = True


@compiles(TextBytes)
def _convert(element: TextBytes, compiler: Any, **options: Any) -> str:
    return f"CAST(CONVERT({_only(element, compiler, options)} USING utf8mb4) AS BINARY)"


@compiles(TextBytes, "sqlite")
def _cast(element: TextBytes, compiler: Any, **options: Any) -> str:
    return f"CAST({_only(element, compiler, options)} AS BLOB)"


def _only(element: TextBytes, compiler: Any, options: dict[str, Any]) -> str:
    argument: ColumnElement[Any]
    (argument,) = element.clauses
    return str(compiler.process(argument, **options))


class Texts:
    """What was read of a column of texts: bytes in all, the first and the last text."""

    def __init__(self) -> None:
        self.size = 0
        self.first: bytes | None = None
        self.last: bytes | None = None

    def add(self, values: Sequence[Any]) -> None:
        """Take in more values."""
        texts = [
            value if type(value) is str else str(value) for value in values if value is not None
        ]
        if not texts:
            return
        self.size += len("".join(texts).encode())
        # UTF-8 is ordered as the characters are.
        first, last = min(texts).encode(), max(texts).encode()
        self.first = first if self.first is None else min(first, self.first)
        self.last = last if self.last is None else max(last, self.last)
