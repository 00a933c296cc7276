"""Checks of what was pulled: rejects, freshness, gaps and volume, and what waits for too long.

Each table is judged, and each business unit of a dataset that is pulled by unit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from functions.quality.checks import Check, Part, Scope
from shared.catalog import Dataset, RawTable, catalog
from shared.days import LAST_DAY
from shared.quality_results import MENTION
from shared.statements import deployed, statement

# What has no limit of its own may wait until the nightly sweep has come by.
A_NIGHT_HOURS = 30

# For how long a missing day is asked for: one of a snapshot can't be pulled any more.
GAP_DAYS, LOST_DAYS = 35, 7

# How far back a day is compared.
LOOKS_BACK = timedelta(weeks=8)


@dataclass(frozen=True)
class Target:
    """A table, or one business unit of it; `last_day` is the day it was closed after."""

    dataset: Dataset
    table: RawTable
    unit: str | None
    last_day: date

    @property
    def subject(self) -> str:
        """What its checks are called."""
        return self.table.address if self.unit is None else f"{self.table.address} {self.unit}"

    @property
    def parameter(self) -> dict[str, Any]:
        """It as the queries take it."""
        return {
            "subject": self.subject,
            "table_name": self.table.address,
            "business_unit": self.unit or "all",
            "fresh_within_hours": self.dataset.fresh_within_hours or 0,
            "last_day": self.last_day,
            "gap_days": LOST_DAYS if self.dataset.is_snapshot else GAP_DAYS,
        }

    def check(self, name: str, expected: str, mend: str, **more: Any) -> Check:
        """Return a check of its pulls."""
        return Check(
            name=name,
            subject=self.subject,
            expected=expected,
            look=pulls_of(self.table),
            mend=mend,
            dataset=self.dataset.name,
            unit=self.unit,
            is_of_days=False,
            **more,
        )


def parts(scope: Scope) -> Iterator[Part]:
    """Give the checks of each raw table's batches, and of what waits."""
    targets = list(_targets(scope))
    parameters = {
        "targets": [target.parameter for target in targets],
        "zone": scope.pipeline.zone,
    }
    pulls = {"target_pulls": statement("quality/target_pulls.sql")}
    open_today = [target for target in targets if target.last_day >= scope.today]
    yield Part(_rejects(scope), statement("quality/rejects.sql"), parameters)
    yield Part(_freshness(open_today), statement("quality/freshness.sql"))
    yield Part(_gaps(targets), statement("quality/gaps.sql", **pulls))
    yield Part(_volume(targets), statement("quality/volume.sql", **pulls))
    yield from _odd_days(scope)
    yield _waiting(scope)


def _targets(scope: Scope) -> Iterator[Target]:
    for dataset, table in scope.tables:
        for unit in dataset.pulled_units:
            last_day = scope.pipeline.closed.get(unit or "", LAST_DAY)
            yield Target(dataset, table, unit, last_day)


def _rejects(scope: Scope) -> tuple[Check, ...]:
    return tuple(
        Check(
            name="rows rejected",
            subject=table.address,
            expected="none",
            look=pulls_of(table),
            mend=f"`python -m operations rejects {dataset.name} BATCH` shows a batch's, `python -m "
            f"operations replay {dataset.name} BATCH` drops them again",
            severity=MENTION,
            dataset=dataset.name,
        )
        for dataset, table in scope.tables
    )


def _freshness(targets: list[Target]) -> tuple[Check, ...]:
    return tuple(
        target.check(
            "freshness",
            f"a pull of its recent days within {target.dataset.fresh_within_hours} hours",
            f"`python -m operations trigger {target.dataset.name}{_of(target)}`; "
            "its schedule or its source is down",
            can_wait=not target.dataset.is_snapshot,
        )
        for target in targets
    )


def _gaps(targets: list[Target]) -> tuple[Check, ...]:
    return tuple(
        target.check(
            "gaps",
            "every recent day pulled",
            "nothing: what the database was on that day is lost; look for why in the dead letters"
            if target.dataset.is_snapshot
            else f"`python -m operations gaps {target.dataset.name}` lists them, and their cure",
        )
        for target in targets
    )


def _volume(targets: list[Target]) -> tuple[Check, ...]:
    return tuple(
        target.check(
            "volume",
            "about as many rows as the pulls on that weekday before",
            "compare with the source before trusting these days",
            severity=MENTION,
        )
        for target in targets
    )


def _of(target: Target) -> str:
    return f' --bu "{target.unit}"' if target.unit else ""


def _odd_days(scope: Scope) -> Iterator[Part]:
    for dataset, table in scope.changed:
        if table.measure is None:
            continue
        since = min(scope.days) - LOOKS_BACK
        checks = tuple(
            Check(
                name=f"odd {name}",
                subject=table.address,
                expected="about as on the same weekdays before",
                look=f"SELECT {table.day}, COUNT(*) AS row_count, SUM({table.measure}) AS total "
                f"FROM {deployed(table.address)} WHERE {table.day} >= '{since}' "
                f"GROUP BY {table.day} ORDER BY {table.day} DESC",
                mend="nothing if the business had such a day; else compare with the source",
                severity=MENTION,
                dataset=dataset.name,
            )
            for name in ("rows", f"sum of {table.measure}")
        )
        sql = statement(
            "quality/odd_days.sql",
            address=table.address,
            raw=deployed(table.address),
            day=str(table.day),
            measure=table.measure,
        )
        yield Part(checks, sql)


def _waiting(scope: Scope) -> Part:
    hours = {log: _fresh_hours(log) for log in catalog().logs_of(scope.pipeline.name)}
    checks = tuple(
        Check(
            name="waiting",
            subject=log,
            expected=f"nothing for {limit} hours",
            look=f"SELECT * FROM {deployed('ops.waiting')} WHERE name = '{log}' ORDER BY since",
            mend="`python -m operations dead-letters`; look at the log of its stage",
            dataset=log if log in catalog().datasets else None,
            is_of_days=False,
        )
        for log, limit in hours.items()
    )
    limits = [{"name": log, "hours": limit} for log, limit in hours.items()]
    return Part(checks, statement("quality/waiting.sql"), {"limits": limits})


def pulls_of(table: RawTable) -> str:
    """Return a query of a table's newest pulls."""
    return (
        "SELECT business_unit, window_from, window_to, pulled_at, fetched, rejected, batch_id "
        f"FROM {deployed('ops.batches')} WHERE table_name = '{table.address}' "
        "ORDER BY pulled_at DESC LIMIT 20"
    )


def _fresh_hours(log: str) -> int:
    """How long something may wait for a dataset or mart: a mart is as fresh as its inputs."""
    known = catalog()
    marts = {mart.log: mart for mart in known.marts.values()}
    if log in marts:
        return min(map(_fresh_hours, known.inputs(marts[log])), default=A_NIGHT_HOURS)
    return known.dataset(log).fresh_within_hours or A_NIGHT_HOURS
