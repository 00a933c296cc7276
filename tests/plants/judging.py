"""What the audit says of planted errors: which of them it fails, and which it names rightly."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.quality import custody
from functions.quality.auditing import audit_scope, row_parts, rows_behind
from functions.quality.checking import parameters_of, seen_by
from functions.quality.raw_fields import SUPERSEDED_DAYS
from shared.catalog import catalog
from shared.schemas import SUPERSEDED
from shared.warehouse import jobs
from tests.plants.planting import ELSEWHERE, Plant
from tests.plants.values import FIRST_DAY

# Every day that rows can be of.
AUDITED = tuple(FIRST_DAY + timedelta(days=number) for number in range(2 * ELSEWHERE.days))


@dataclass(frozen=True)
class Named:
    """A table and a text that names one row and column of it."""

    table: str
    text: str
    column: str


@dataclass(frozen=True)
class Verdict:
    """What an audit said: each thing that fails, and those that say which row and column it is."""

    failed: tuple[Named, ...]
    named: tuple[Named, ...]


def audit() -> Verdict:
    """Audit both pipelines over all days, and name the rows that failed."""
    failed: list[Named] = []
    named: list[Named] = []
    for pipeline in catalog().pipelines.values():
        scope = replace(audit_scope(pipeline, "run", datetime.now(UTC)), days=AUDITED)
        asked = [*row_parts(scope), *custody.parts(scope)]
        parameters = parameters_of(scope, asked) | {SUPERSEDED_DAYS: list(AUDITED)}
        rows = jobs.query(seen_by(asked), parameters, step="audit")
        found = [Named(r["subject"], r["row_key"], r["row_key"].rsplit(" ", 1)[1]) for r in rows]
        failed += found
        named += (each for each, row in zip(found, rows, strict=True) if _names_rows(row))
        named += [Named(d.table, str(d), d.column) for d in rows_behind(rows)]
    return Verdict(tuple(failed), tuple(named))


def is_failed(plant: Plant, verdict: Verdict) -> bool:
    """Return whether something fails in the plant's row, or among the rows of its day."""
    return any(_tells(plant, each, plant.near) for each in verdict.failed) or any(
        _tells(plant, each, plant.row) for each in verdict.failed
    )


def is_named(plant: Plant, verdict: Verdict) -> bool:
    """Return whether the plant's own row and column are named."""
    return any(
        _tells(plant, each, plant.row) and (each.column == plant.column or plant.is_whole)
        for each in verdict.named
    )


def _tells(plant: Plant, each: Named, texts: tuple[str, ...]) -> bool:
    dataset, _, table = plant.table.partition(".")
    raw = f"{dataset.removesuffix(SUPERSEDED)}.{table}"
    is_its_table = each.table in (plant.table, raw)
    return is_its_table and all(f"{text}," in f"{each.text}," for text in texts)


def _names_rows(row: Mapping[str, Any]) -> bool:
    """Whether a check looks at single rows; a fingerprint is of many."""
    return bool(row["check_name"] != custody.AS_LANDED)
