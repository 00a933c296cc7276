"""Fingerprints in SQL, rendered from the tables' schemas: the same figures as `measuring` gives."""

from collections.abc import Iterator, Sequence

from shared.catalog.model import RawTable
from shared.fingerprints import (
    DECIMALS,
    HASHED_TYPES,
    PULLED_AT,
    WHOLE_ROW,
    Fingerprint,
    measured_fields,
)
from shared.schemas import Field
from shared.statements import statement

_NOTHING = "CAST(NULL AS STRING)"


def lines(table: RawTable, batch_id: str, fingerprints: Sequence[Fingerprint]) -> Iterator[str]:
    """Yield a batch's fingerprints of a table as `sql/fingerprints/landed.sql` reads them."""
    units = {field.name: DECIMALS for field in measured_fields(table) if field.type == "NUMERIC"}
    for each in fingerprints:
        for name, measure in each.measures.items():
            unit = units.get(name, 1)
            values = (
                table.address,
                batch_id,
                each.day,
                each.business_unit,
                name,
                measure.filled,
                _decimal(measure.total, unit),
                _decimal(measure.weighted, unit),
                measure.least,
                measure.greatest,
            )
            yield "\t".join("" if value is None else str(value) for value in values)


def landed() -> str:
    """Return the query that reads the lines of `@fingerprints`."""
    return statement("fingerprints/landed.sql")


def found(table: RawTable, rows: str) -> str:
    """Return the query of the fingerprints of rows, which a query gives, of a raw table."""
    fields = measured_fields(table)
    pulled_at = table.schema.field(PULLED_AT)
    measures = map(_measure, [*fields, pulled_at])
    return statement(
        "fingerprints/found.sql",
        table_name=table.address,
        day=str(table.day),
        business_unit=table.business_unit or _NOTHING,
        measures=",\n".join([_whole_row(fields), *measures]),
        rows=rows,
    )


def differences(expected: str, found: str) -> str:
    """Return the query of what differs between two queries of fingerprints."""
    return statement(
        "fingerprints/differences.sql",
        expected=expected,
        found=found,
        expected_text=_text("expected"),
        found_text=_text("found"),
    )


def _decimal(number: int, unit: int) -> str:
    whole, rest = divmod(abs(number), unit)
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}.{rest:0{len(str(unit)) - 1}d}" if rest else f"{sign}{whole}"


def _text(side: str) -> str:
    """How people read a measure."""
    return (
        f"COALESCE(CONCAT(CAST({side}.filled AS STRING), ' values, sum ', "
        f"CAST({side}.total AS STRING), ', by row ', CAST({side}.weighted AS STRING), "
        f"COALESCE(CONCAT(', from ', {side}.least, ' to ', {side}.greatest), '')), 'nothing')"
    )


def _whole_row(fields: Sequence[Field]) -> str:
    texts = ", '\\n', ".join(_hashed(field) for field in fields if field.type in HASHED_TYPES)
    number = f"CAST(CONCAT('0x', SUBSTR(TO_HEX(SHA256(CONCAT({texts}, ''))), 1, 8)) AS INT64)"
    return _struct(WHOLE_ROW, "COUNT(*)", f"CAST({number} AS NUMERIC)")


def _measure(field: Field) -> str:
    name, filled = field.name, f"COUNT({field.name})"
    if field.type == "STRING":
        return _struct(name, filled, f"CAST(LENGTH({name}) AS NUMERIC)", is_weighted=False)
    if field.type in ("DATE", "TIMESTAMP"):
        texts = (_instant(f"MIN({name})", field), _instant(f"MAX({name})", field))
        return _struct(name, filled, None, extremes=texts)
    if field.type == "JSON":
        return _struct(name, filled, None)
    return _struct(name, filled, _number(field))


def _number(field: Field) -> str:
    if field.type == "NUMERIC":
        return field.name
    if field.type == "FLOAT64":
        small = f"IF(ABS({field.name}) < 1000000000, {field.name}, 0)"
        return f"CAST(CAST(TRUNC({small} * 1000000) AS INT64) AS NUMERIC)"
    return f"CAST(CAST({field.name} AS INT64) AS NUMERIC)"


def _struct(
    name: str,
    filled: str,
    number: str | None,
    *,
    is_weighted: bool = True,
    extremes: tuple[str, str] = (_NOTHING, _NOTHING),
) -> str:
    total = f"COALESCE(SUM({number}), 0)" if number else "CAST(0 AS NUMERIC)"
    is_summed = number and is_weighted
    weighted = f"COALESCE(SUM({number} * _row), 0)" if is_summed else "CAST(0 AS NUMERIC)"
    least, greatest = extremes
    return (
        f"        STRUCT('{name}' AS name, {filled} AS filled, {total} AS total, "
        f"{weighted} AS weighted, {least} AS least, {greatest} AS greatest)"
    )


def _hashed(field: Field) -> str:
    if field.type == "JSON":
        values = f"ARRAY_TO_STRING(JSON_VALUE_ARRAY({field.name}, '$'), '\\n')"
        return f"COALESCE({values}, JSON_VALUE({field.name}, '$'), '')"
    return f"COALESCE({_instant(field.name, field)}, '')"


def _instant(value: str, field: Field) -> str:
    """A value as text: an instant as Python writes it."""
    if field.type != "TIMESTAMP":
        return value if field.type == "STRING" else f"CAST({value} AS STRING)"
    pattern = "%Y-%m-%dT%H:%M:"
    return (
        f"IF(MOD(UNIX_MICROS({value}), 1000000) = 0, "
        f"FORMAT_TIMESTAMP('{pattern}%S+00:00', {value}), "
        f"FORMAT_TIMESTAMP('{pattern}%E6S+00:00', {value}))"
    )
