"""Which rows dedupe moves, over random tables, by the reference implementation and by ours."""

import re
from typing import Any

import pytest

from functions.dedupe import statements
from local.cloud import LocalCloud
from shared.catalog import RawTable, catalog
from shared.schemas import table_schema
from shared.statements import deployed
from shared.warehouse import loading
from shared.warehouse.log import DATASET, log_table
from shared.warehouse.parameters import Array, query_parameters
from tests.deployment import insert
from tests.sql.analyser import sending, types
from tests.sql.analyser.comparison import difference, expected, found
from tests.sql.analyser.random_tables import random_table
from tests.sql.analyser.reference import Parameter, Reference, Result, Table

SEEDS = range(1, 3)
BATCHES = (*sending.STAGED, "batch-3", "batch-4")
UNITS = ("Tucson-Sales", "Phoenix-Sales")

TEXT = types.scalar("STRING")
UNIT = types.struct([("batch_id", TEXT), ("business_unit", TEXT)])
NEW_BATCHES = [{"batch_id": batch, "business_unit": None} for batch in BATCHES[:3]]
NEW_HELD = [{"batch_id": BATCHES[1], "business_unit": UNITS[0]}]
# What the script's variables hold when it decides.
VARIABLES = {
    "new_batches": Parameter(types.array(UNIT), NEW_BATCHES),
    "new_held": Parameter(types.array(UNIT), NEW_HELD),
    "new_withdrawals": Parameter(types.array(TEXT), ["withdrawal-1"]),
}


def str_of(value: str | RawTable) -> str:
    return value if isinstance(value, str) else value.name


RAW_TABLES = [(d.log, table) for d in catalog().datasets.values() for table in d.tables]


@pytest.mark.parametrize(("log", "table"), RAW_TABLES, ids=str_of)
def test_the_same_rows_are_moved(deployment: LocalCloud, log: str, table: RawTable) -> None:
    counts = []
    for seed in SEEDS:
        deployment.reset()
        counts.append(compare(log, table, seed))
    assert any(counts)


def compare(log: str, table: RawTable, seed: int) -> int:
    """Fail unless both move the same rows; return how many."""
    inputs = tables(log, table, seed)
    for address, content in inputs.items():
        insert(address, content.rows)
    staging = {table.address: [table.staging(batch) for batch in sending.STAGED]}
    sql = decision(statements._decide(table, staging, log_table(log)))
    reference = Reference({deployed(address): content for address, content in inputs.items()})
    wanted = expected(sql, parameters(log), reference)
    assert difference(wanted, found(sql, parameters(log)), ordered=False) is None
    assert isinstance(wanted, Result), wanted
    return len(wanted.rows)


def tables(log: str, table: RawTable, seed: int) -> dict[str, Table]:
    """Return random rows for all that dedupe reads, of few batches and units."""
    choices: dict[str, Any] = {
        **dict.fromkeys(("batch_id", "_batch_id", "_superseded_by"), BATCHES),
        **dict.fromkeys(("business_unit", "bu_key", "bu_name"), UNITS),
        "table_name": (table.address,),
        "withdrawal_id": ("withdrawal-1", "withdrawal-2"),
        "withdrawals": ("withdrawal-1", "withdrawal-2"),
    }
    addresses = (table.address, table.superseded, "ops.batches", "ops.withdrawals")
    others = (*addresses, "ops.rejected_keys", f"{DATASET}.{log}")
    found = {address: random_table(address, seed, choices) for address in others}
    for batch in sending.STAGED:
        staging = table.staging(batch)
        loading.make_staging_table(table_schema(staging))
        found[staging] = random_table(staging, seed, {**choices, "_batch_id": (batch,)})
    return found


def decision(sql: str) -> str:
    """Return the query of a CREATE TABLE AS, with parameters in place of variables."""
    query = sql.partition(" AS\n")[2]
    return re.sub(r"UNNEST\((new_\w+)\)", r"UNNEST(@\1)", query)


def parameters(log: str) -> dict[str, Parameter]:
    """Return what dedupe sends, and what the script's variables would hold."""
    (dataset,) = (dataset for dataset in catalog().datasets.values() if dataset.log == log)
    values = sending.work_on(dataset, sending.STAGED).parameters(dataset, "run")
    kinds = {p.name: p.to_api_repr()["parameterType"] for p in query_parameters(values)}
    return VARIABLES | {
        name: Parameter(types.of_parameter(kind), plain(values[name]))
        for name, kind in kinds.items()
    }


def plain(value: Any) -> Any:
    return list(value.values) if isinstance(value, Array) else value
