"""What a call asks for: its parameters, from the query string, a form or a JSON body."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from flask import Request

from shared.days import Window, parse_day
from shared.errors import BadRequestError
from shared.payloads import check_text, json_object, quoted
from shared.triggers import days_of

# Cloud Run ends the function at 300 s.
LONGEST_WAIT_SECONDS = 280.0

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Parameters:
    """A call's parameters by name, as texts. An empty one counts as absent."""

    values: dict[str, str]

    def text(self, name: str) -> str | None:
        """The parameter `name`, if it was given."""
        return self.values.get(name) or None

    def whole(self, name: str) -> int | None:
        """A whole number; BadRequestError when it is none."""
        return self._converted(name, int, "a whole number")

    def flag(self, name: str) -> bool:
        """true or false; false when it is absent."""
        text = self.text(name) or "false"
        if text not in ("true", "false"):
            raise BadRequestError(f"{name}: expected true or false, found {quoted(text)}")
        return text == "true"

    def seconds(self, name: str) -> float | None:
        """A number of seconds, cut to LONGEST_WAIT_SECONDS."""
        seconds = self._converted(name, float, "a number of seconds")
        if seconds is None:
            return None
        if not seconds >= 0:  # NaN isn't either.
            raise BadRequestError(f"{name}: expected 0 or more seconds, found {seconds:g}")
        return min(seconds, LONGEST_WAIT_SECONDS)

    def window(self) -> Window | None:
        """The window from `from` to `to`, which come together or not at all."""
        first, last = self.text("from"), self.text("to")
        if first is None and last is None:
            return None
        if first is None or last is None:
            raise BadRequestError("expected both from and to, or neither, found only one of them")
        return Window(parse_day(first, "from"), parse_day(last, "to"))

    def days(self) -> tuple[date, ...] | None:
        """The days of the window, or those that `days` lists with commas; None: every day."""
        listed = self.text("days")
        if listed is None:
            return days_of(self.window())
        if self.window() is not None:
            raise BadRequestError("expected either from and to, or days, found both")
        return tuple(sorted({parse_day(day.strip(), "days") for day in listed.split(",")}))

    def _converted(
        self, name: str, convert: Callable[[str], Number], expected: str
    ) -> Number | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            return convert(text)
        except ValueError as error:
            raise BadRequestError(f"{name}: expected {expected}, found {quoted(text)}") from error


def parameters(request: Request, known: Collection[str]) -> Parameters:
    """The parameters of a call that takes those `known`; BadRequestError for any other."""
    given = [*request.args.items(multi=True), *request.form.items(multi=True), *_body(request)]
    values: dict[str, str] = {}
    for name, value in given:
        if name not in known:
            raise BadRequestError(f"unknown parameter {quoted(name)}: expected {_listed(known)}")
        if values.setdefault(name, check_text(value, name)) != value:
            raise BadRequestError(
                f"{name}: expected one value, found {quoted(values[name])} and {quoted(value)}"
            )
    return Parameters(values)


def _body(request: Request) -> list[tuple[str, str]]:
    """The fields of a JSON body. A list, such as of days, is written with commas."""
    if not request.is_json:
        return []
    content = json_object(request.get_data(), "body")
    return [(name, _written(value, name)) for name, value in content.items() if value is not None]


def _written(value: object, name: str) -> str:
    if isinstance(value, list):
        return ",".join(_written(item, name) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise BadRequestError(f"{name}: expected text or a number, found {quoted(value)}")
    return str(value)


def _listed(known: Collection[str]) -> str:
    return ", ".join(known) or "none"
