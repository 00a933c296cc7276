"""The audit: everything that can be compared, over all of history, in one script a pipeline.

ServiceTitan's history is read whole each night. Partyhelp's tables are whole snapshots of each day:
the newest days are read each night, and of those before them each one once a month.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from functions.quality import custody, outside, raw_fields
from functions.quality.checking import completed, raw_tables_of, run
from functions.quality.checks import Part, Scope
from shared.catalog import Pipeline, catalog
from shared.clock import Clock
from shared.days import today
from shared.events import Event, QualityCompleted, following
from shared.quality_results import Result
from shared.requests import audit_request
from shared.stage import Message

# Before this no pipeline has a row, and further ahead than this none is pulled.
FIRST_DAY, DAYS_AHEAD = date(2015, 1, 1), 400
# Of a snapshot a day: how many days are read each night, and in how many nights all others are.
NEWEST_DAYS, NIGHTS = 35, 28


def audit(message: Message, clock: Clock) -> Iterator[Event]:
    """Audit every pipeline."""
    request = audit_request(message)
    for pipeline in catalog().pipelines.values():
        clock.check()
        results = audited(pipeline, request.run_id, request.event_id)
        ids = following(request, QualityCompleted, pipeline.name)
        yield completed({**ids, "pipeline": pipeline.name}, results)


def audited(pipeline: Pipeline, run_id: str, audit_id: str) -> list[Result]:
    """Return what a pipeline's audit found, which is kept; the same audit is not made twice."""
    scope = audit_scope(pipeline, run_id, datetime.now(UTC))
    return run(scope, parts_of(scope), f"audit {audit_id}")


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
    )


def audited_days(pipeline: Pipeline, on: date) -> tuple[date, ...]:
    """Return the days whose rows are read on the night of a day."""
    first, last = FIRST_DAY.toordinal(), on.toordinal() + DAYS_AHEAD
    days = range(first, last + 1)
    if any(d.is_snapshot for d in catalog().datasets.values() if d.pipeline == pipeline):
        newest, turn = on.toordinal() - NEWEST_DAYS, on.toordinal() % NIGHTS
        return tuple(date.fromordinal(day) for day in days if day > newest or day % NIGHTS == turn)
    return tuple(map(date.fromordinal, days))


def parts_of(scope: Scope) -> list[Part]:
    """Return every part of the audit of a pipeline."""
    subjects = (custody.audit_parts, raw_fields.audit_parts, outside.audit_parts)
    return [part for parts in subjects for part in parts(scope)]
