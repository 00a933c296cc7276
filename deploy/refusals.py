"""What a plan may not do: each thing as one sentence, before anything is touched."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from deploy.changes import Change, Plan

# What holds data, and what to call it. `make destroy` alone may delete it, after a question.
DATA = {
    "google_bigquery_dataset.dataset": "dataset",
    "google_bigquery_table.table": "table",
    "google_secret_manager_secret.secret": "secret",
    "google_storage_bucket.landing": "bucket",
}


class RefusedError(Exception):
    """A plan that may not be applied; the message has a line for each reason."""


def refuse(reasons: Iterable[str]) -> None:
    """Raise RefusedError if there is a reason."""
    if lines := [f"refused: {reason}" for reason in reasons]:
        raise RefusedError("\n".join(lines))


def refused(plan: Plan) -> Iterator[str]:
    """Yield a sentence for each change that would lose data, with what to do instead."""
    for change in plan.changes:
        if change.resource in DATA:
            yield from _data(change)


def _data(change: Change) -> Iterator[str]:
    name = f"{DATA[change.resource]} {change.key or _name(change)}"
    if change.deletes and change.after is None:
        yield (
            f"{name} is no longer described here, and would be deleted with all that it holds: put "
            f"it back, or let Terraform forget it: terraform state rm '{change.address}'"
        )
    elif change.deletes:
        yield from _replacement(change, name)
    elif change.before and change.after:
        yield from _required_columns_left(change, name)


def _replacement(change: Change, name: str) -> Iterator[str]:
    before, after = _columns(change.before), _columns(change.after)
    reasons = [*_column_reasons(before, after)] if "schema" in change.replaced_for else []
    reasons += [f"its {path} would change" for path in change.replaced_for if path != "schema"]
    yield (
        f"{name} would be replaced, and lose all that it holds: "
        f"{'; '.join(reasons) or 'its columns would change'}"
    )


def _column_reasons(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for column, field in after.items():
        old = before.get(column)
        if old is None and field.get("mode") == "REQUIRED":
            yield f"the new column {column} is REQUIRED, which old rows can't be: add it NULLABLE"
        elif old is not None and old["type"] != field["type"]:
            yield (
                f"{column} is {old['type']} and would be {field['type']}, which can't be done in "
                "place: add a column of another name"
            )
        elif old is not None and _mode(field) != _mode(old):
            yield f"{column} is {_mode(old)} and would be {_mode(field)}: leave its mode"
    if lost := [column for column in before if column not in after]:
        yield f"{', '.join(lost)} would go while others come: do one, then the other"


def _required_columns_left(change: Change, name: str) -> Iterator[str]:
    after = _columns(change.after)
    for column, field in _columns(change.before).items():
        if column not in after and _mode(field) == "REQUIRED":
            yield (
                f"{name} keeps its REQUIRED column {column}, which schema.json no longer has, so "
                f"loads would fail: first ALTER TABLE … ALTER COLUMN {column} DROP NOT NULL"
            )


def _columns(arguments: Mapping[str, Any] | None) -> dict[str, Any]:
    fields = json.loads((arguments or {}).get("schema") or "[]")
    return {field["name"]: field for field in fields}


def _mode(field: Mapping[str, Any]) -> str:
    return str(field.get("mode") or "NULLABLE")


def _name(change: Change) -> str:
    return str((change.before or {}).get("name", ""))
