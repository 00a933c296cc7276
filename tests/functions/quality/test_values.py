"""The catalogue's rules of value: a row that breaks one is named, and no other is."""

from datetime import timedelta
from typing import Any

import pytest

from functions.quality.checking import run_checks
from shared.catalog import Dataset, RawTable, catalog
from shared.catalog.value_rules import ValueRule
from shared.events import MartCompleted
from tests.deployment import Row, insert
from tests.functions.quality.sound_week import DAY, NOW, entry

pytestmark = pytest.mark.usefixtures("deployment")

LATER = DAY + timedelta(days=40)
SOUND: dict[str, Any] = {"STRING": "Sales", "INT64": 1, "NUMERIC": 1, "FLOAT64": 0.5, "DATE": DAY}


def breaking(rule: ValueRule) -> Row:
    """The values that break a rule."""
    if rule.kind == "between":
        lesser, _, greater = rule.bound.split()
        return {lesser: 2, greater: 1}
    values = {
        "one_of": "nonsense",
        "days_beyond_window": LATER,
        "not_future": LATER,
        "is_in": 999,
    }
    if rule.kind in values:
        return {str(rule.column): values[rule.kind]}
    unit = timedelta(days=1) if rule.column == "preferred_date" else 1
    beyond = rule.bound - unit if rule.kind == "least" else rule.bound + unit
    return {str(rule.column): beyond}


def plant(dataset: Dataset, table: RawTable) -> dict[tuple[str, str], str]:
    """Load a row for each rule that breaks it. Return each rule's severity and which row it is."""
    planted, rows = {}, []
    for number, rule in enumerate(table.rules):
        row: Row = {
            f.name: SOUND[f.type] for f in table.schema.fields if f.required and f.type in SOUND
        }
        row |= {"_row": number, "_batch_id": dataset.name, "_pulled_at": NOW, "_filled": 1}
        key = table.key[-1] if table.key else "_row"
        row[key] = 1000 + number if table.schema.field(key).type == "INT64" else f"row {number}"
        rows.append(row | breaking(rule))
        planted[rule.text, table.address] = f"{key} {row[key]}"
    insert(table.address, rows)
    window = {"window_from": DAY, "window_to": DAY, "dataset": dataset.name}
    insert("ops.batches", [entry(dataset.name, table.address, len(rows), **window)])
    return planted


@pytest.mark.parametrize("pipeline", catalog().pipelines)
def test_every_rule_of_the_catalogue_names_the_row_that_breaks_it(pipeline: str) -> None:
    planted: dict[tuple[str, str], str] = {}
    severities = {}
    for dataset in catalog().datasets.values():
        if dataset.pipeline.name != pipeline or dataset.source.__class__.__name__ == "DropSource":
            continue
        for table in dataset.tables:
            planted |= plant(dataset, table)
            severities |= {(rule.text, table.address): rule.severity for rule in table.rules}
        settled = {"batch_id": dataset.name, "business_unit": None}
        version = {"version": 1, "committed_at": NOW, "cause": "load", "is_partial": False}
        insert(f"ops_log.{dataset.log}", [version | {"settled": [settled]}])
    event = {"event_id": "event", "run_id": "run", "pipeline": pipeline}
    days = (DAY, LATER)
    results = run_checks(MartCompleted(**event, mart="all", version=1, days=days, rows=1))
    found = {(r.check_name, r.subject): r for r in results if (r.check_name, r.subject) in planted}
    assert {name: result.status for name, result in found.items()} == severities
    unnamed = [name for name, row in planted.items() if not names(found[name].row_keys, row)]
    assert unnamed == []


def names(row_keys: list[str], row: str) -> bool:
    """Whether the keys name the row, and it alone or among others."""
    return any(row in key for key in row_keys)
