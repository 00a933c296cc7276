"""What a report is asked: the request's parameters, checked against the report's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from local.servicetitan.errors import ApiError
from local.servicetitan.reports import Parameter, Report


@dataclass(frozen=True, slots=True)
class Query:
    """One run of a report: the days are inclusive, and no business units means all of them."""

    first: date
    last: date
    date_type: int
    business_units: frozenset[int] = frozenset()
    include_inactive: bool = False


def read_parameters(body: object) -> dict[str, Any]:
    """The parameters of a request body as name to value. Raises ApiError (400) for another form."""
    listed = body.get("parameters") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        raise ApiError(400, "The request body must have an array of parameters.")
    try:
        return {parameter["name"]: parameter["value"] for parameter in listed}
    except (KeyError, TypeError) as error:
        raise ApiError(400, "Every parameter must have a name and a value.") from error


def read_query(report: Report, values: Mapping[str, Any], *, refuse_unknown: bool) -> Query:
    """The query that the values ask for. Raises ApiError (400) naming each wrong parameter."""
    errors = {
        parameter.name: ["The parameter is required."]
        for parameter in report.parameters
        if parameter.is_required and parameter.name not in values
    }
    read: dict[str, Any] = {}
    for name, value in values.items():
        parameter = report.parameter(name)
        if parameter is not None:
            try:
                read[name] = _read(parameter, value)
            except (TypeError, ValueError):
                errors[name] = [f"{value!r} is not valid for the parameter."]
        elif refuse_unknown:
            errors[name] = ["The report has no such parameter."]
    if errors:
        raise ApiError(400, "One or more validation errors occurred.", errors=errors)
    return _query(read)


def _query(read: Mapping[str, Any]) -> Query:
    if read["From"] > read["To"]:
        raise ApiError(
            400, "One or more validation errors occurred.", errors={"To": ["Before From."]}
        )
    units = read.get("BusinessUnitId") or read.get("BusinessUnitIds") or []
    return Query(
        first=read["From"],
        last=read["To"],
        date_type=read["DateType"],
        business_units=frozenset(units),
        include_inactive=read.get("IncludeInactive", False),
    )


def _read(parameter: Parameter, value: object) -> object:
    if not parameter.is_array:
        return _READERS[parameter.data_type](value)
    if not isinstance(value, list):
        raise TypeError(f"{parameter.name} is an array")
    return [_READERS[parameter.data_type](item) for item in value]


def _read_date(value: Any) -> date:
    # fromisoformat takes other forms as well; the API's filters take this one.
    if len(value) != len("2025-10-15"):
        raise ValueError(value)
    return date.fromisoformat(value)


def _read_number(value: Any) -> int:
    if isinstance(value, bool | float):
        raise TypeError(value)
    return int(value)


def _read_boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


_READERS = {"Date": _read_date, "Number": _read_number, "Boolean": _read_boolean}
