from typing import Any

import pytest

from deploy import changes, refusals
from tests.deploy.changes import change, column, table

TABLE = 'google_bigquery_table.table["st_raw.t"]'


def refused(*resource_changes: dict[str, Any]) -> list[str]:
    plan = changes.Plan(tuple(map(changes.of, resource_changes)), {})
    return list(refusals.refused(plan))


def replaced(before: dict[str, Any], after: dict[str, Any], because: str = "schema") -> str:
    (reason,) = refused(change(TABLE, "delete create", before, after, because))
    return reason


def test_what_adds_and_changes_in_place_is_not_refused() -> None:
    wider = table(column("a"), column("b"))
    assert (
        refused(
            change(TABLE, "create", None, table(column("a"))),
            change(TABLE, "update", table(column("a")), wider),
            change("google_cloudfunctions2_function.function", "delete create", {}, {}),
            change('google_bigquery_table.view["st_kpi_mart.v"]', "delete", {}),
        )
        == []
    )


def test_a_changed_type_is_refused_with_what_to_do() -> None:
    assert replaced(table(column("a")), table(column("a", "INTEGER"))) == (
        "table st_raw.t would be replaced, and lose all that it holds: a is STRING and would be "
        "INTEGER, which can't be done in place: add a column of another name"
    )


def test_a_new_required_column_is_refused() -> None:
    reason = replaced(table(column("a")), table(column("a"), column("b", mode="REQUIRED")))
    assert "the new column b is REQUIRED, which old rows can't be: add it NULLABLE" in reason


def test_a_stricter_column_is_refused() -> None:
    reason = replaced(table(column("a")), table(column("a", mode="REQUIRED")))
    assert "a is NULLABLE and would be REQUIRED: leave its mode" in reason


def test_columns_that_go_while_others_come_are_refused() -> None:
    assert "a would go while others come" in replaced(table(column("a")), table(column("b")))


def test_another_reason_to_replace_a_table_is_named() -> None:
    reason = replaced(table(column("a")), table(column("a")), "time_partitioning")
    assert reason.endswith("its time_partitioning would change")


def test_a_column_that_schema_json_no_longer_has_must_take_nulls_first() -> None:
    before = table(column("a"), column("b", mode="REQUIRED"), column("c"))
    (reason,) = refused(change(TABLE, "update", before, table(column("a"))))
    assert reason.startswith("table st_raw.t keeps its REQUIRED column b")
    assert "ALTER COLUMN b DROP NOT NULL" in reason


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (TABLE, "table st_raw.t"),
        ('google_bigquery_dataset.dataset["ops"]', "dataset ops"),
        ("google_storage_bucket.landing", "bucket landing"),
        ('google_secret_manager_secret.secret["KEY"]', "secret KEY"),
    ],
)
def test_what_holds_data_is_not_deleted_because_its_description_went(
    address: str, named: str
) -> None:
    (reason,) = refused(change(address, "delete", {"name": "landing"}))
    assert reason.startswith(f"{named} is no longer described here")
    assert f"terraform state rm '{address}'" in reason


def test_every_reason_is_told_at_once() -> None:
    with pytest.raises(refusals.RefusedError, match="refused: one\nrefused: two"):
        refusals.refuse(["one", "two"])
    refusals.refuse([])
