"""Rules of dates and times.

DuckDB adds to dates and truncates them to timestamps, begins its weeks on Monday, counts weekdays
from 0, and differences in units begun rather than whole.
https://cloud.google.com/bigquery/docs/reference/standard-sql/date_functions
"""

import re
from collections.abc import Callable

from sqlglot import exp

from local.bigquery.errors import refused
from local.bigquery.nodes import NOW, Node, call, cast_to, variable

_WEEKDAYS = ("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")
_MICROSECONDS = {
    "MICROSECOND": 1,
    "MILLISECOND": 1_000,
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
}
_DATE_PARTS = ("DAY", "MONTH", "QUARTER", "YEAR")
_EXTRACTED_PARTS = (*_DATE_PARTS, "HOUR", "MINUTE", "SECOND", "ISOWEEK", "DAYOFYEAR", "ISOYEAR")
_TIME_CODES = re.compile(r"%(?![YmdHMSfyjbBaAeT%]).")


def _as_date(node: Node) -> Node:
    return cast_to(node, "DATE")


def _part(node: Node, allowed: tuple[str, ...]) -> str:
    part: str = node.name.upper()
    if part not in allowed:
        raise refused(f"the date part {part}")
    return part


def _week_start(unit: Node) -> int | None:
    """The weekday that a part of weeks begins on, counted from Sunday."""
    if isinstance(unit, exp.WeekStart):
        return _WEEKDAYS.index(unit.name.upper())
    return {"WEEK": 0, "ISOWEEK": 1}.get(unit.name.upper())


def _date_trunc(node: Node) -> Node:
    start = _week_start(node.args["unit"])
    if start is not None:
        return call("bq_week", node.this, exp.Literal.number(start))
    _part(node.args["unit"], _DATE_PARTS)
    return cast_to(node, "DATE")


def _date_diff(node: Node) -> Node:
    start = _week_start(node.args["unit"])
    if start is not None:
        return call("bq_week_diff", node.this, node.expression, exp.Literal.number(start))
    _part(node.args["unit"], _DATE_PARTS)
    return node


def _timestamp_diff(node: Node) -> Node:
    unit = _MICROSECONDS[_part(node.args["unit"], tuple(_MICROSECONDS))]
    return call("bq_timestamp_diff", node.this, node.expression, exp.Literal.number(unit))


def _extract(node: Node) -> Node:
    part = node.name.upper()
    if part == "DATE":
        return cast_to(node.expression, "DATE")
    if part == "DAYOFWEEK":
        return exp.Paren(this=exp.Add(this=node, expression=exp.Literal.number(1)))
    _part(node.this, _EXTRACTED_PARTS)
    if part == "ISOWEEK":
        node.set("this", exp.var("WEEK"))
    return node


def _now(_node: Node) -> Node:
    return variable(NOW)


def _today(node: Node) -> Node:
    zone = node.this or exp.Literal.string("UTC")
    return cast_to(exp.AtTimeZone(this=variable(NOW), zone=zone), "DATE")


def _format_time(node: Node) -> Node:
    text, zone = node.args["format"], node.args.get("zone") or exp.Literal.string("UTC")
    if not text.is_string:
        raise refused("formats of times that are no literals")
    if found := _TIME_CODES.search(text.name):
        raise refused(f"{found.group()} in a format of times")
    value = exp.AtTimeZone(this=cast_to(node.this.this, "TIMESTAMPTZ"), zone=zone)
    return call("strftime", value, text)


RULES: dict[type[exp.Expr], Callable[[Node], Node]] = {
    exp.CurrentDate: _today,
    exp.CurrentTimestamp: _now,
    exp.DateAdd: _as_date,
    exp.DateDiff: _date_diff,
    exp.DateSub: _as_date,
    exp.DateTrunc: _date_trunc,
    exp.Extract: _extract,
    exp.TimestampDiff: _timestamp_diff,
    exp.TimeToStr: _format_time,
}
