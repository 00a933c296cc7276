"""Runs: the recent ones, or one stage by stage."""

import argparse
from datetime import timedelta

from operations.console import note, say, table
from shared import runs
from shared.errors import BadRequestError
from shared.runs import RunState, RunStatus

FAILED = 1
LONGEST_FAILURE = 80


def show_runs(arguments: argparse.Namespace) -> int:
    """Show one run, or all of the last days."""
    if arguments.run_id is None:
        return _show_recent(arguments.days)
    found = runs.find(arguments.run_id)
    if found.state is RunState.UNKNOWN:
        raise BadRequestError(f"nothing is recorded of {arguments.run_id}")
    say(describe(found))
    return FAILED if found.state is RunState.FAILED else 0


def describe(run: RunStatus) -> str:
    """A run as a table of its stages, and what failed."""
    rows = [
        (
            stage.stage,
            stage.subject,
            f"{stage.done}/{stage.expected}",
            stage.failed or None,
            stage.seconds,
            ", ".join(f"{name} {count}" for name, count in stage.counts.items()),
        )
        for stage in run.stages
    ]
    lines = [f"{run.run_id}: {run.state}, {run.seconds:.1f} s"]
    if rows:
        lines.append(table(("stage", "of", "done", "failed", "after s", "counts"), rows))
    return "\n".join([*lines, *(f"failure: {failure}" for failure in run.failures)])


def _show_recent(days: int) -> int:
    rows = [
        (
            run.run_id,
            run.state,
            None if run.started is None else f"{run.started:%Y-%m-%d %H:%M:%S}",
            run.seconds,
            _shortened(run.failures[0]) if run.failures else None,
        )
        for run in runs.recent(timedelta(days=days))
    ]
    say(table(("run", "state", "started UTC", "seconds", "failure"), rows))
    note("Runs start in UTC here; their ids tell their pipeline's local time.")
    return 0


def _shortened(failure: str) -> str:
    return failure if len(failure) <= LONGEST_FAILURE else f"{failure[: LONGEST_FAILURE - 1]}…"
