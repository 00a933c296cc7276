"""Whether two engines agree on a query: types, and rows or that there are none."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeKind, TypeProto

from tests.sql.analyser import local
from tests.sql.analyser.engine import AnalyserError
from tests.sql.analyser.reference import Parameter, Reference, Result
from tests.sql.analyser.types import text
from tests.sql.analyser.values import EXACT

# Of a FLOAT64's 16 digits the last depend on the order in which rows are added up.
FLOAT_DIGITS = 11


@dataclass(frozen=True)
class Failed:
    """An engine's refusal of a query, or its failure on the rows given."""

    reason: str


class NullInArrayError(Exception):
    """An array with a NULL: fine within a query, an error as its result."""


def expected(
    sql: str, parameters: Mapping[str, Parameter], reference: Reference
) -> Result | Failed:
    """Return what GoogleSQL's reference implementation gives, as BigQuery shows it."""
    try:
        return _normal(reference.evaluate(sql, parameters))
    except (AnalyserError, NullInArrayError) as error:
        return Failed(str(error))


def found(sql: str, parameters: Mapping[str, Parameter]) -> Result | Failed:
    """Return what the local BigQuery gives."""
    try:
        return _normal(local.ask(sql, parameters))
    except (local.LocalError, NullInArrayError) as error:
        return Failed(str(error))


def difference(wanted: Result | Failed, got: Result | Failed, *, ordered: bool) -> str | None:
    """Return in what two results differ; None if in nothing, or if both are failures."""
    if isinstance(wanted, Failed) and isinstance(got, Failed):
        return None
    if isinstance(wanted, Failed) or isinstance(got, Failed):
        return f"expected {wanted}, found {got}"
    types = [[f"{name} {text(kind)}" for name, kind in each.columns] for each in (wanted, got)]
    if types[0] != types[1]:
        return f"expected the columns {types[0]}, found {types[1]}"
    rows = [each.rows if ordered else sorted(each.rows, key=repr) for each in (wanted, got)]
    if len(rows[0]) != len(rows[1]):
        return f"expected {len(rows[0])} rows, found {len(rows[1])}"
    pairs = [pair for pair in zip(*rows, strict=True) if pair[0] != pair[1]]
    return "; ".join(f"expected {a}, found {b}" for a, b in pairs[:3]) or None


def _normal(result: Result) -> Result:
    """Return a result whose rows can be compared with ==."""
    kinds = [kind for _, kind in result.columns]
    rows = [tuple(map(_normal_value, row, kinds)) for row in result.rows]
    return Result(result.columns, rows)


def _normal_value(value: Any, kind: TypeProto) -> Any:
    if kind.type_kind == TypeKind.TYPE_ARRAY:
        return _normal_array(value or (), kind.array_type.element_type)
    if value is None:
        return None
    if kind.type_kind == TypeKind.TYPE_STRUCT:
        fields = kind.struct_type.field
        return tuple(_normal_value(value[f.field_name], f.field_type) for f in fields)
    if kind.type_kind == TypeKind.TYPE_DOUBLE:
        return "NaN" if value != value else float(f"{value:.{FLOAT_DIGITS}g}") + 0.0
    if kind.type_kind == TypeKind.TYPE_NUMERIC:
        return value.normalize(EXACT)
    if kind.type_kind == TypeKind.TYPE_JSON:
        return json.dumps(value, sort_keys=True)
    return value


def _normal_array(values: Sequence[Any], kind: TypeProto) -> tuple[Any, ...]:
    if any(value is None for value in values):
        raise NullInArrayError("Array cannot have a null element")
    return tuple(_normal_value(value, kind) for value in values)
