"""Everything that the code sends to BigQuery: stages and commands, run against a dry one.

A file of `sql/` that nothing here reads fails a test: its stage is then to be run with one event
more.
"""

from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from batch_loading import load_batch
from dedupe_step import dedupe_dataset
from mart_rebuild import rebuild_marts

from local.provision import plan
from operations.ledger_gaps import gaps
from quality_checks import check
from shared import clients, landing, runs, warehouse
from shared.catalog import catalog
from shared.clock import Clock
from shared.days import Window
from shared.events import (
    DedupeCompleted,
    DedupeRequested,
    Event,
    IngestCompleted,
    LoadCompleted,
    MartCompleted,
    MartRequested,
)
from shared.landing import Landed, Manifest
from shared.schemas import SQL, table_schema
from shared.stage import Message, Work
from shared.statements import query_of, statement
from tests.sql.analyser.catalogue import Columns
from tests.sql.analyser.dry_bigquery import DryBigQuery, Statement
from tests.sql.analyser.types import of_field

NOW = datetime(2025, 10, 19, 12, tzinfo=UTC)
TODAY = NOW.date()
DAYS = (TODAY - timedelta(days=1), TODAY)
LISTS_OF_DAYS = (None, (), DAYS)
UNITS = (None, ("Unit",))


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
        files = note_files(patch)
        for work, event in events():
            message = Message(event.encode(), {}, "1", NOW.isoformat(), event.topic, 1)
            list(work(message, Clock.of("mart")))
        commands()
        for query in queries().values():
            warehouse.query(query, warehouse.bounds(DAYS)[0].parameters, step="query")
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
    """Return the columns of every table and view."""
    wanted = plan()
    return {address: columns(address) for address in (*wanted.tables, *wanted.views)}


def columns(address: str) -> Columns:
    """Return a table's columns, as its schema.json has them."""
    fields = table_schema(address).resource["schema"]["fields"]
    return [(field["name"], of_field(field)) for field in fields]


def events() -> Iterator[tuple[Work, Event]]:
    """Give each stage what it listens to, for every dataset and mart."""
    for uri, manifest in manifests().items():
        cause = {**_cause(manifest.pipeline), "dataset": manifest.dataset}
        counts = {"batch_id": "batch", "fetched": 1, "landed": 1, "rejected": 0}
        yield load_batch, IngestCompleted(**cause, **counts, manifest_uri=uri)
        yield dedupe_dataset, LoadCompleted(**cause, **counts, loaded=1, days=DAYS)
        for days in LISTS_OF_DAYS:
            yield dedupe_dataset, DedupeRequested(**cause, days=days)
            yield check, DedupeCompleted(**cause, days=days, batch_id="batch")
    for mart in catalog().marts.values():
        for pipeline in catalog().pipelines:
            for days in LISTS_OF_DAYS:
                yield rebuild_marts, MartRequested(**_cause(pipeline), mart=mart.name, days=days)
                completed = {"mart": mart.name, "days": days, "rows": 1}
                yield check, MartCompleted(**_cause(pipeline), **completed)


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
            tables=tuple(
                Landed(table.name, ("gs://baton/object",), (), 1, 1, 0, DAYS)
                for table in dataset.tables
            ),
        )
        for dataset in catalog().datasets.values()
        for units in UNITS
    }


def commands() -> None:
    """Run what operators and the gateway ask."""
    runs.read("run-20251019-0000")
    runs.recent(timedelta(days=1))
    for dataset in catalog().datasets:
        gaps(Namespace(dataset=dataset))


def queries() -> dict[str, str]:
    """Return, by address, the query of each view and of each table that is made by one."""
    made = [table for mart in catalog().marts.values() for table in mart.tables]
    return {table: query_of(table) for table in made} | {
        view: statement(f"{view.replace('.', '/')}/view.sql") for view in plan().views
    }


def _cause(pipeline: str) -> dict[str, Any]:
    return {"event_id": "event", "run_id": "run", "pipeline": pipeline}
