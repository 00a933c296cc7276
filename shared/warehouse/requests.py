"""Entries of ops.requests and ops.withdrawals: what operators ask for, append-only."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from shared.schemas import table_schema
from shared.statements import statement
from shared.warehouse import jobs
from shared.warehouse.parameters import Array

REBUILD, CONFIRM, REFILL = "rebuild", "confirm", "refill"


# A statement with its parameters.
Entry = tuple[str, dict[str, Any]]
NO_ENTRY: Entry = ("", {})


def rebuild_entry(log: str, request_id: str, run_id: str, days: Sequence[date] | None) -> Entry:
    """Return what asks for `days` of a dataset or mart to be made anew; None means every day.

    A stage begins its own script with it, which saves a job.
    """
    return _entry(log, REBUILD, request_id, run_id, days=days or (), every_day=days is None)


def enter_confirmation(
    log: str, request_id: str, run_id: str, batch_id: str, business_unit: str, why: str
) -> None:
    """Let a business unit of a batch settle that is held back."""
    entry = _entry(log, CONFIRM, request_id, run_id, batch_id=batch_id, unit=business_unit, why=why)
    jobs.execute(*entry, step="enter-confirm")


def enter_refill(
    log: str, request_id: str, run_id: str, days: Sequence[date], staging: Sequence[str]
) -> None:
    """Ask for all rows of a refill's staging tables to be settled, in one version."""
    entry = _entry(log, REFILL, request_id, run_id, days=days, staging=staging)
    jobs.execute(*entry, step="enter-refill")


def enter_withdrawal(
    withdrawal_id: str, run_id: str, batch_id: str, why: str, *, entered_by: str, is_withdrawn: bool
) -> str | None:
    """Withdraw a batch, or restore it. Return its dataset; None when there is no such batch."""
    columns = ", ".join(table_schema("ops.withdrawals").columns)
    rows = jobs.query(
        statement("ops/withdrawals/enter.sql", columns=columns),
        {
            "withdrawal_id": withdrawal_id,
            "batch_id": batch_id,
            "is_withdrawn": is_withdrawn,
            "why": why,
            "entered_by": entered_by,
            "entered_at": datetime.now(UTC),
            "run_id": run_id,
        },
        step="enter-withdrawal",
    )
    return str(rows[0]["dataset"]) if rows else None


def _entry(
    log: str,
    kind: str,
    request_id: str,
    run_id: str,
    *,
    days: Sequence[date] = (),
    every_day: bool = False,
    batch_id: str | None = None,
    unit: str | None = None,
    why: str | None = None,
    staging: Sequence[str] = (),
) -> Entry:
    columns = ", ".join(table_schema("ops.requests").columns)
    return statement("ops/requests/enter.sql", columns=columns), {
        "request_id": request_id,
        "name": log,
        "kind": kind,
        "days": list(days),
        "every_day": every_day,
        "batch_id": batch_id,
        "business_unit": unit,
        "why": why,
        "entered_at": datetime.now(UTC),
        "run_id": run_id,
        "staging": Array("STRING", staging),
    }
