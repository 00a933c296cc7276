"""The audit: everything that can be compared, over all of history, in one script a pipeline.

ServiceTitan's history is read whole each night. Partyhelp's tables are whole snapshots of each day:
the newest days are read each night, and of those before them each one once a month.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from functions.quality import custody, outside, raw_fields
from functions.quality.checking import (
    completed,
    marts_of,
    parameters_of,
    raw_tables_of,
    run,
    seen_by,
)
from functions.quality.checks import Part, Scope
from functions.quality.landed_rows import Difference, differences
from shared import logs
from shared.catalog import Pipeline, catalog
from shared.clock import Clock
from shared.days import today
from shared.event import Event, following
from shared.events import QualityCompleted
from shared.protocol.audit import broken_promises
from shared.protocol.journal import Violation
from shared.quality_results import FAIL, Result
from shared.requests import audit_request
from shared.stage import Message
from shared.warehouse import jobs

# Before this no pipeline has a row, and further ahead than this none is pulled.
FIRST_DAY, DAYS_AHEAD = date(2015, 1, 1), 400
# Of a snapshot a day: how many days are read each night, and in how many nights all others are.
NEWEST_DAYS, NIGHTS = 35, raw_fields.NIGHTS

# The batch and day in the key of a row that `quality/as_landed.sql` gives.
GROUP = re.compile(r"batch (.*), day ([-0-9]{10}),")
# So many rows are named where more differ.
MOST_NAMED = 100


def audit(message: Message, clock: Clock) -> Iterator[Event]:
    """Audit every pipeline."""
    request = audit_request(message)
    now = datetime.now(UTC)
    broken = broken_promises(now)
    for pipeline in catalog().pipelines.values():
        clock.check()
        scope = audit_scope(pipeline, request.run_id, now)
        results = audited(scope, broken, request.event_id)
        for named in islice(named_rows(scope, results), MOST_NAMED):
            logs.error(f"not as it landed: {named}")
        ids = following(request, QualityCompleted, pipeline.name)
        yield completed({**ids, "pipeline": pipeline.name}, results)


def audited(scope: Scope, broken: Sequence[Violation], audit_id: str) -> list[Result]:
    """Return what an audit found, which is kept; the same audit is not made twice."""
    return run(scope, parts_of(scope, broken), f"audit {audit_id}")


def audit_scope(pipeline: Pipeline, run_id: str, now: datetime) -> Scope:
    """Return what a pipeline's audit looks at."""
    on = today(pipeline.zone, now)
    tables = tuple(raw_tables_of(pipeline.name))
    return Scope(
        pipeline=pipeline,
        run_id=run_id,
        batch_id="",
        days=audited_days(pipeline, on),
        now=now,
        today=on,
        tables=tables,
        changed=tables,
        marts=tuple(marts_of(pipeline.name)),
    )


def audited_days(pipeline: Pipeline, on: date) -> tuple[date, ...]:
    """Return the days whose rows are read on the night of a day."""
    first, last = FIRST_DAY.toordinal(), on.toordinal() + DAYS_AHEAD
    days = range(first, last + 1)
    if any(d.is_snapshot for d in catalog().datasets.values() if d.pipeline == pipeline):
        newest, turn = on.toordinal() - NEWEST_DAYS, on.toordinal() % NIGHTS
        return tuple(date.fromordinal(day) for day in days if day > newest or day % NIGHTS == turn)
    return tuple(map(date.fromordinal, days))


def parts_of(scope: Scope, broken: Sequence[Violation]) -> list[Part]:
    """Return every part of the audit of a pipeline, some of whose promises may be broken."""
    return [*row_parts(scope), *custody.parts(scope), *outside.audit_parts(scope, broken)]


def row_parts(scope: Scope) -> list[Part]:
    """Return the parts that look at raw rows, whose batches and days they give."""
    return [*custody.audit_parts(scope), *raw_fields.audit_parts(scope)]


def named_rows(scope: Scope, results: Sequence[Result]) -> Iterator[Difference]:
    """Yield what is wrong with the raw rows behind failed results, down to row and column."""
    failed = {(result.check_name, result.subject) for result in results if result.status == FAIL}
    asked = [
        part
        for part in row_parts(scope)
        if failed.intersection((check.name, check.subject) for check in part.checks)
    ]
    if asked:
        rows = jobs.query(seen_by(asked), parameters_of(scope, asked), step="audit-name")
        yield from rows_behind(rows)


def rows_behind(seen: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    """Yield the differences to what landed in the batches and days that parts have seen."""
    for dataset in catalog().datasets.values():
        for table in dataset.tables:
            keys = (
                GROUP.match(row["row_key"])
                for row in seen
                if row["subject"] in (table.address, table.superseded)
            )
            if groups := {(found[1], found[2]) for found in keys if found}:
                yield from differences(dataset, table, groups)
