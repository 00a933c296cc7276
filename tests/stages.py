"""The stages' work, called as their functions call it, without the way there."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from functions.dedupe.settling import settle_dataset
from functions.load.loading import load_batch
from functions.mart.rebuilding import rebuild_marts
from shared import clients
from shared.clock import Clock
from shared.event import Event
from shared.events import DedupeCompleted, DedupeRequested, MartCompleted, MartRequested
from shared.stage import Message, Work
from tests.deployment import Row, select

STAGES: dict[str, Work] = {"load": load_batch, "dedupe": settle_dataset, "mart": rebuild_marts}
TIMEOUT_SECONDS = 540.0


def run(stage: str, event: Event) -> list[Event]:
    """Give an event to a stage; returns what it would publish."""
    message = Message(event.encode(), event.attributes, "1", "", event.topic, 1)
    return list(STAGES[stage](message, Clock.of(TIMEOUT_SECONDS)))


def loaded(event: Event) -> Event:
    """Load the batch that an event announces; returns the load's completion."""
    (completed,) = run("load", event)
    return completed


def settle(dataset: str, days: tuple[date, ...] | None = (), *, name: str = "s") -> DedupeCompleted:
    """Settle all that waits for a dataset."""
    pipeline = "partyhelp" if dataset == "partyhelp_snapshot" else "servicetitan"
    common = {"event_id": name, "run_id": f"run-{name}", "pipeline": pipeline}
    (completed,) = run("dedupe", DedupeRequested(**common, dataset=dataset, days=days))
    assert isinstance(completed, DedupeCompleted)
    return completed


def rebuild(mart: str, days: tuple[date, ...] | None = (), *, name: str = "m") -> MartCompleted:
    """Bring a mart up to date."""
    common = {"event_id": name, "run_id": f"run-{name}", "pipeline": "servicetitan"}
    (completed,) = run("mart", MartRequested(**common, mart=mart, days=days))
    assert isinstance(completed, MartCompleted)
    return completed


def versions(log: str) -> list[Row]:
    """The rows of a change log, in order."""
    return sorted(select(f"ops_log.{log}"), key=lambda row: int(row["version"]))


@contextmanager
def counted() -> Iterator[list[str]]:
    """Note the step of each job that was started within it, in their order, once it is over."""
    known, steps = set(_jobs()), list[str]()
    yield steps
    steps += [step for job, step in _jobs().items() if job not in known]


def _jobs() -> dict[str, str]:
    """The step of every job but the scripts' own child jobs, the oldest first."""
    listed = list(clients.bigquery().list_jobs())
    return {job.job_id: job.labels.get("baton-step", "other") for job in reversed(listed)}
