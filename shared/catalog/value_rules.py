"""Rules of value: what a business knows of a column, or of columns beside one another.

In the catalogue a column has them under `must`, whose breach fails, or `should`, whose breach is
mentioned; a table has them as comparisons of its columns, such as `booked <= estimates`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.documents import Section
from shared.errors import ConfigurationError
from shared.quality_results import FAIL, MENTION
from shared.schemas import TableSchema

SEVERITIES = {"must": FAIL, "should": MENTION}

NUMBERS = ("INT64", "NUMERIC", "FLOAT64")
# The kinds of rules for one column, with the types of the columns that may have them.
KINDS = {
    "least": (*NUMBERS, "DATE"),
    "greatest": (*NUMBERS, "DATE"),
    "one_of": ("STRING",),
    "days_beyond_window": ("DATE",),
    "not_future": ("DATE", "TIMESTAMP"),
    "is_in": ("INT64",),
}
BETWEEN = "between"
COMPARISON = re.compile(r"[a-z_][a-z0-9_]*(?: [-+*] [a-z0-9_.]+)* (?:<|<=|=|>=|>) [a-z0-9_ +*.-]+")
NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class ValueRule:
    """One rule: a column (none for a rule between columns), a kind, its bound and its severity."""

    column: str | None
    kind: str
    bound: Any
    severity: str

    @property
    def text(self) -> str:
        """The rule as a person reads it."""
        return {
            "least": f"{self.column} at least {self.bound}",
            "greatest": f"{self.column} at most {self.bound}",
            "one_of": f"{self.column} from its list",
            "days_beyond_window": f"{self.column} within the window and {self.bound} days",
            "not_future": f"{self.column} not in the future",
            "is_in": f"{self.column} is in {self.bound}",
            BETWEEN: str(self.bound),
        }[self.kind]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is about."""
        if self.column is not None:
            return (self.column,)
        return tuple(dict.fromkeys(NAME.findall(self.bound)))


def of_column(name: str, section: Section) -> tuple[ValueRule, ...]:
    """Read the rules of a column."""
    return tuple(
        rule
        for key, severity in SEVERITIES.items()
        if key in section.keys
        for rule in _of_section(name, section.section(key), severity)
    )


def of_table(section: Section) -> tuple[ValueRule, ...]:
    """Read the rules between a table's columns."""
    return tuple(
        ValueRule(None, BETWEEN, text, severity)
        for key, severity in SEVERITIES.items()
        for text in section.texts(key, ())
    )


def check(rule: ValueRule, schema: TableSchema, place: str) -> None:
    """ConfigurationError unless the rule fits the columns that it is about."""
    if rule.kind == BETWEEN and not COMPARISON.fullmatch(rule.bound):
        raise ConfigurationError(
            f"{place}: expected a comparison of columns such as booked <= estimates, "
            f"found {rule.bound}"
        )
    try:
        types = [schema.field(column).type for column in rule.columns]
    except ConfigurationError as error:
        raise ConfigurationError(f"{place}: {rule.text}: {error}") from error
    for column, kind in zip(rule.columns, types, strict=True):
        expected = KINDS.get(rule.kind, (*NUMBERS, "DATE", "TIMESTAMP"))
        if kind not in expected:
            raise ConfigurationError(
                f"{place}: {rule.kind}: expected a column of type {' or '.join(expected)}, "
                f"found {column}, which is {kind}"
            )
        if rule.kind in ("least", "greatest") and isinstance(rule.bound, date) != (kind == "DATE"):
            raise ConfigurationError(
                f"{place}: {rule.kind}: expected a bound of type {kind}, found {rule.bound!r}"
            )


def _of_section(column: str, section: Section, severity: str) -> Iterator[ValueRule]:
    for kind in KINDS:
        if kind in section.keys:
            yield ValueRule(column, kind, _bound(kind, section), severity)
    section.done()


def _bound(kind: str, section: Section) -> Any:
    if kind == "one_of":
        return section.texts(kind)
    if kind == "days_beyond_window":
        return section.whole(kind)
    if kind == "is_in":
        return section.text(kind)
    if kind == "not_future":
        if not section.flag(kind):
            raise ConfigurationError(f"{section.place}: not_future: expected true, or no such key")
        return True
    return section.number_or_date(kind)
