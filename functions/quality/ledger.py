"""Checks of a pipeline's ledger: what was rejected, how fresh its tables are, which days are
missing, which pulls are far smaller than usual, and what waits for too long."""

from collections.abc import Iterator
from typing import Any

from functions.quality.checks import Check, Part, Scope
from shared.catalog import Dataset, RawTable, catalog
from shared.quality_results import MENTION
from shared.statements import deployed, statement

# What has no limit of its own may wait until the nightly sweep has come by.
A_NIGHT_HOURS = 30


def parts(scope: Scope) -> Iterator[Part]:
    """Give the checks of each raw table's batches, and of what waits."""
    for name, checks, parameters in (
        ("rejects", _rejects(scope), {}),
        ("freshness", _freshness(scope), {"tables": _tables(scope)}),
        ("gaps", _gaps(scope), {}),
        ("volume", _volume(scope), {}),
    ):
        yield Part(checks, statement(f"quality/{name}.sql"), parameters)
    hours = {log: _fresh_hours(log) for log in catalog().logs_of(scope.pipeline.name)}
    limits = [{"name": log, "hours": limit} for log, limit in hours.items()]
    checks = tuple(_waiting(log, limit) for log, limit in hours.items())
    yield Part(checks, statement("quality/waiting.sql"), {"limits": limits})


def _rejects(scope: Scope) -> tuple[Check, ...]:
    return tuple(
        Check(
            name="rows rejected",
            subject=table.address,
            expected="none",
            look=pulls_of(table),
            dataset=dataset.name,
            mend=f"python -m operations rejects {dataset.name} shows them and can replay them",
            severity=MENTION,
        )
        for dataset, table in scope.tables
    )


def _freshness(scope: Scope) -> tuple[Check, ...]:
    return tuple(
        Check(
            name="freshness",
            subject=table.address,
            expected=f"a pull within {dataset.fresh_within_hours} hours"
            if dataset.fresh_within_hours
            else "no limit",
            look=pulls_of(table),
            dataset=dataset.name,
            mend=f"python -m operations trigger {dataset.name}; its schedule or its source is down",
            is_of_days=False,
        )
        for dataset, table in scope.tables
    )


def _gaps(scope: Scope) -> tuple[Check, ...]:
    return tuple(
        Check(
            name="gaps in the ledger",
            subject=table.address,
            expected="every day of the last five weeks pulled",
            look=pulls_of(table),
            dataset=dataset.name,
            mend=f"python -m operations gaps {dataset.name} lists them with what fills them",
            severity=MENTION,
            is_of_days=False,
        )
        for dataset, table in scope.tables
    )


def _volume(scope: Scope) -> tuple[Check, ...]:
    return tuple(
        Check(
            name="volume",
            subject=table.address,
            expected="at least half of the usual rows",
            look=pulls_of(table),
            dataset=dataset.name,
            mend="compare with the source before trusting these days",
            severity=MENTION,
        )
        for dataset, table in scope.tables
    )


def _waiting(log: str, hours: int) -> Check:
    return Check(
        name="waiting",
        subject=log,
        expected=f"nothing for {hours} hours",
        look=f"SELECT * FROM {deployed('ops.waiting')} WHERE name = '{log}' ORDER BY since",
        mend="python -m operations dead-letters; look at the log of its stage",
        is_of_days=False,
    )


def pulls_of(table: RawTable) -> str:
    """Return a query of a table's newest pulls."""
    return (
        "SELECT business_unit, window_from, window_to, pulled_at, fetched, rejected, batch_id "
        f"FROM {deployed('ops.batches')} WHERE table_name = '{table.address}' "
        "ORDER BY pulled_at DESC LIMIT 20"
    )


def _tables(scope: Scope) -> list[dict[str, Any]]:
    return [_entry(dataset, table) for dataset, table in scope.tables]


def _entry(dataset: Dataset, table: RawTable) -> dict[str, Any]:
    return {"table_name": table.address, "fresh_within_hours": dataset.fresh_within_hours or 0}


def _fresh_hours(log: str) -> int:
    """How long something may wait for a dataset or mart: a mart is as fresh as its inputs."""
    known = catalog()
    marts = {mart.log: mart for mart in known.marts.values()}
    if log in marts:
        return min(map(_fresh_hours, known.inputs(marts[log])), default=A_NIGHT_HOURS)
    return known.dataset(log).fresh_within_hours or A_NIGHT_HOURS
