"""How values look in an answer's rows."""

from datetime import date

from local.servicetitan.reports import Field

PHOENIX_OFFSET = "-07:00"  # all year round: Arizona keeps no daylight saving time

Value = date | float | int | str | None
WireValue = float | int | str | None


def on_the_wire(field: Field, value: Value, *, formatted: bool) -> WireValue:
    """The value as JSON has it; `formatted` prints money and rates as exports do."""
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00{PHOENIX_OFFSET}"
    if value is None or isinstance(value, str):
        return value
    if formatted and field.unit == "money":
        return f"({-value:,.2f})" if value < 0 else f"${value:,.2f}"
    if formatted and field.unit == "rate":
        return f"{round(value * 100, 2):g}%"
    return int(value) if value == int(value) else value
