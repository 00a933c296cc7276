"""Where runs stand, as a table that is drawn again and again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from shared.runs import RunStatus, StageStatus

STAGES = ("ingest", "load", "dedupe", "mart", "quality")


def progress(found: Iterable[RunStatus], seconds: float) -> Group:
    """A line a dataset: stages done of those expected, rows loaded, superseded rows moved."""
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("dataset", no_wrap=True)
    for heading in STAGES:
        table.add_column(heading)
    for heading in ("rows", "moved", "seconds"):
        table.add_column(heading, justify="right")
    for name, stages in _by_dataset(found).items():
        table.add_row(name, *_cells(stages))
    return Group(table, Text(f"{seconds:.0f} s", style="dim"))


def ended(found: Iterable[RunStatus]) -> set[str]:
    """The datasets all of whose runs have ended."""
    runs = list(found)
    return {_dataset(run) for run in runs} - {_dataset(run) for run in runs if not run.ended}


def _by_dataset(found: Iterable[RunStatus]) -> dict[str, list[StageStatus]]:
    """Every stage, under the dataset that its run ingested."""
    grouped: dict[str, list[StageStatus]] = defaultdict(list)
    for run in found:
        grouped[_dataset(run)].extend(run.stages)
    return dict(sorted(grouped.items()))


def _dataset(run: RunStatus) -> str:
    names = {stage.subject for stage in run.stages if stage.stage == "ingest"}
    return ", ".join(sorted(names)) or run.run_id


def _cells(stages: Sequence[StageStatus]) -> list[str]:
    rows = sum(stage.counts.get("loaded", 0) for stage in stages)
    superseded = sum(stage.counts.get("superseded", 0) for stage in stages)
    seconds = max((stage.seconds or 0.0 for stage in stages), default=0.0)
    done = [_done([stage for stage in stages if stage.stage == name]) for name in STAGES]
    return [*done, f"{rows:,}", f"{superseded:,}", f"{seconds:.1f}"]


def _done(stages: Sequence[StageStatus]) -> str:
    done, expected = sum(s.done for s in stages), sum(s.expected for s in stages)
    if any(stage.failed for stage in stages):
        return f"[red]{done}/{expected} failed[/red]"
    if not expected:
        return "[dim]-[/dim]"
    return f"[green]{done}/{expected}[/green]" if done == expected else f"{done}/{expected}"
