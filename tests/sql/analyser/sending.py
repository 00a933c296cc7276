"""Everything that the code sends to BigQuery: stages and commands, run against a dry one.

A file of `sql/` that nothing here reads fails a test: its stage is then to be run with one event
more. Dedupe sends what it finds waiting, which a dry BigQuery can't tell it, so its work is given.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from functions.dedupe.statements import every_day_query, settle_script
from functions.dedupe.waiting import Entry, StagedBatch, look
from functions.dedupe.work import Work
from functions.load.loading import load_batch
from functions.mart.rebuilding import rebuild_marts
from functions.quality import auditing, outside
from functions.quality.auditing import audit
from functions.quality.checking import check
from functions.sweep.sweeping import sweep_or_report
from local.provision import plan
from shared import clients, fingerprints, foreign, landing, messaging, runs
from shared.catalog import Dataset, RawTable, catalog
from shared.clock import Clock
from shared.days import FIRST_DAY, LAST_DAY, Window
from shared.event import Event
from shared.events import (
    AuditRequested,
    DedupeCompleted,
    IngestCompleted,
    MartCompleted,
    MartRequested,
    RefillRequested,
    SweepRequested,
)
from shared.fingerprints import Fingerprint, Measure
from shared.landing import Landed, Manifest
from shared.protocol import reading
from shared.schemas import SQL, table_schema
from shared.stage import Message
from shared.stage import Work as StageWork
from shared.statements import query_of
from shared.views import view_query
from shared.warehouse import jobs
from tests.sql.analyser import commanding
from tests.sql.analyser.catalogue import Columns
from tests.sql.analyser.commanding import NOW
from tests.sql.analyser.dry_bigquery import DryBigQuery, Statement
from tests.sql.analyser.types import of_field

DAYS = (NOW.date() - timedelta(days=1), NOW.date())
# The batches that wait for dedupe, if any do, and what a refill stages.
STAGED = ("batch", "other")
REFILLED = "event_1"


@dataclass(frozen=True)
class Sent:
    """What the code sent, and the files of `sql/` that it read for that."""

    statements: list[Statement]
    files: set[str]


@cache
def everything() -> Sent:
    """Run every stage and command with every dataset and mart, once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOOGLE_CLOUD_PROJECT", "baton")
        patch.setenv("BATON_BUCKET", "baton")
        bigquery = DryBigQuery(tables())
        patch.setattr(clients, "bigquery", lambda: bigquery)
        patch.setattr(landing, "read_manifest", manifests().__getitem__)
        patch.setattr(landing, "manifests", landed_manifests)
        patch.setattr(messaging, "publish_data", lambda *_arguments: None)
        patch.setattr(outside, "deployed_query", view_query)
        patch.setattr(foreign, "find", commanding.older_view)
        patch.setattr(foreign, "redefine", lambda *_: None)
        patch.setattr(auditing, "broken_promises", lambda _now: [])
        files = note_files(patch)
        for work, event in events():
            message = Message(event.encode(), {}, "1", NOW.isoformat(), event.topic, 1)
            list(work(message, Clock.of(600)))
        for dataset in catalog().datasets.values():
            settle(dataset)
            commanding.commands(dataset)
        commanding.beside_an_older_pipeline()
        commanding.explain(queries())
        runs.read("run-20251019-0000")
        reading.read(NOW, [])
        for query in queries().values():
            jobs.query(query, days_parameters(), step="query")
    return Sent(bigquery.sent, files)


def note_files(patch: pytest.MonkeyPatch) -> set[str]:
    """Return the set that each file of `sql/` will be in once it has been read."""
    files: set[str] = set()
    read = Path.read_text

    def noting(path: Path, *arguments: Any, **options: Any) -> str:
        if path.is_relative_to(SQL):
            files.add(str(path.relative_to(SQL)))
        return read(path, *arguments, **options)

    patch.setattr(Path, "read_text", noting)
    return files


def tables() -> dict[str, Columns]:
    """Return the columns of every table and view, and of the staging tables of STAGED."""
    raw = [table for dataset in catalog().datasets.values() for table in dataset.tables]
    staging = [table.staging(batch) for table in raw for batch in (*STAGED, REFILLED)]
    return {address: columns(address) for address in (*plan().tables, *plan().views, *staging)}


def columns(address: str) -> Columns:
    """Return a table's columns, as its schema.json has them."""
    fields = table_schema(address).resource["schema"]["fields"]
    return [(field["name"], of_field(field)) for field in fields]


def events() -> Iterator[tuple[StageWork, Event]]:
    """Give the other stages what they listen to, for every dataset and mart."""
    yield sweep_or_report, SweepRequested(event_id="event", run_id="run")
    yield audit, AuditRequested(event_id="event", run_id="run")
    for uri, manifest in manifests().items():
        cause: dict[str, Any] = {**_cause(manifest.pipeline), "dataset": manifest.dataset}
        counts: dict[str, Any] = {"batch_id": "batch", "fetched": 1, "landed": 1, "rejected": 0}
        yield load_batch, IngestCompleted(**cause, **counts, manifest_uri=uri)
        yield load_batch, RefillRequested(**cause)
        yield check, DedupeCompleted(**cause, version=1, days=DAYS, batch_id="batch")
    for mart in catalog().marts.values():
        cause = {**_cause(mart.pipeline), "mart": mart.name}
        for days in (None, (), DAYS):
            yield rebuild_marts, MartRequested(**cause, days=days)
        yield check, MartCompleted(**cause, version=1, days=DAYS, rows=1)


@cache
def manifests() -> Mapping[str, Manifest]:
    """Return, by address, a batch of all and one of one business unit for each dataset."""
    return {
        f"gs://baton/{dataset.name}/{units}": Manifest(
            batch_id="batch",
            run_id="run",
            pipeline=dataset.pipeline.name,
            dataset=dataset.name,
            business_units=units,
            window=Window(*DAYS),
            pulled_at=NOW,
            tables=tuple(_landed(table) for table in dataset.tables),
        )
        for dataset in catalog().datasets.values()
        for units in (None, ("Unit",))
    }


def landed_manifests(_pipeline: str, dataset: str) -> list[Manifest]:
    """Return the dataset's batch of all."""
    return [manifests()[f"gs://baton/{dataset}/None"]]


def _landed(table: RawTable) -> Landed:
    """Return one row, which is what each load of a dry BigQuery loads: of a key a rejected one."""
    objects = ("gs://baton/object",)
    rejected = 1 if table.key else 0
    measured = fingerprints.written([Fingerprint(DAYS[0].isoformat(), None, {"*": Measure(1)})])
    return Landed(table.name, objects, (), 1, 1, rejected, DAYS, measured)


def settle(dataset: Dataset) -> None:
    """Send what dedupe does: its look, its script for several kinds of work, and all days."""
    look(dataset, "batch")
    for staged in ((), STAGED):
        work = work_on(dataset, staged)
        script = settle_script(dataset, work.staging(dataset), judged=bool(staged))
        parameters = work.parameters(dataset, "run")
        jobs.transact(script, parameters, log=dataset.log, step="dedupe-settle")
    all_days = {"first_day": FIRST_DAY, "last_day": LAST_DAY}
    jobs.query(every_day_query(dataset), all_days, step="dedupe-every-day")


def work_on(dataset: Dataset, staged: tuple[str, ...]) -> Work:
    addresses = tuple(table.address for table in dataset.tables)
    waiting = (
        StagedBatch(batch, "run", "event", "gs://manifest", batch, addresses, NOW, NOW, DAYS)
        for batch in staged
    )
    return Work(
        batches=tuple(waiting),
        entries=(Entry("rebuild", "request", DAYS, every_day=False, batch=None),),
        days=DAYS,
        requested_days=DAYS,
        cause="load",
        rules="rules",
        is_partial=False,
    )


def queries() -> dict[str, str]:
    """Return, by address, the query of each view and of each table that is made by one."""
    made = [table.address for mart in catalog().marts.values() for table in mart.tables]
    return {table: query_of(table) for table in made} | {
        view: view_query(view) for view in plan().views
    }


def days_parameters() -> dict[str, Any]:
    """Return what the queries of marts are written over."""
    return {"from": DAYS[0], "to": DAYS[-1], "days": list(DAYS)}


def _cause(pipeline: str) -> dict[str, Any]:
    return {"event_id": "event", "run_id": "run", "pipeline": pipeline}
