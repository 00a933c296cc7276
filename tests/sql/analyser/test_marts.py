"""The queries of marts and views over random tables, by the reference implementation and ours."""

import re

import pytest

from local.cloud import LocalCloud
from local.provision import plan
from shared.schemas import table_schema
from shared.statements import deployed
from tests.deployment import insert
from tests.sql.analyser import sending, types
from tests.sql.analyser.comparison import difference, expected, found
from tests.sql.analyser.random_tables import DAYS, random_table
from tests.sql.analyser.reference import Parameter, Reference, Result

SEEDS = range(1, 5)
ASKED = DAYS[2:4]


def made_tables() -> list[str]:
    """Without the views of `ops`: what they read has records, which random tables have not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOOGLE_CLOUD_PROJECT", "baton")
        patch.setenv("BATON_BUCKET", "baton")
        return sorted(name for name in sending.queries() if not name.startswith("ops."))


@pytest.mark.parametrize("address", made_tables())
def test_a_query_gives_the_same_rows(deployment: LocalCloud, address: str) -> None:
    counts = []
    for seed in SEEDS:
        deployment.reset()
        counts.append(compare(bounded(sending.queries()[address], address), seed))
    assert any(counts)


def compare(sql: str, seed: int) -> int:
    """Fail unless both give the same rows; return how many."""
    inputs = {each: random_table(each, seed) for each in plan().tables if reads(sql, each)}
    for each, table in inputs.items():
        insert(each, table.rows)
    reference = Reference({deployed(each): table for each, table in inputs.items()})
    wanted = expected(sql, days_parameters(), reference)
    assert difference(wanted, found(sql, days_parameters()), ordered=False) is None
    assert isinstance(wanted, Result), wanted
    return len(wanted.rows)


def reads(sql: str, address: str) -> bool:
    return re.search(rf"\b{re.escape(deployed(address))}\b", sql) is not None


def bounded(sql: str, address: str) -> str:
    """Return the query, for a view within the days that whoever reads it gives."""
    if address not in plan().views:
        return sql
    (day,) = {"kpi_date", "sync_date"}.intersection(table_schema(address).columns)
    return f"SELECT * FROM ({sql}) WHERE {day} BETWEEN @from AND @to"


def days_parameters() -> dict[str, Parameter]:
    day = types.scalar("DATE")
    return {
        "from": Parameter(day, ASKED[0]),
        "to": Parameter(day, ASKED[-1]),
        "days": Parameter(types.array(day), list(ASKED)),
    }
