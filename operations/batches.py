"""Operators' word on a batch: confirm what is held back, withdraw a batch, restore it."""

import argparse
import getpass
import secrets
from datetime import UTC, datetime

from operations.starting import start
from shared import triggers
from shared.catalog import Dataset, catalog
from shared.errors import BadRequestError
from shared.event import derived_id
from shared.statements import statement
from shared.warehouse import jobs
from shared.warehouse.log import log_table
from shared.warehouse.requests import enter_confirmation, enter_withdrawal


def confirm(arguments: argparse.Namespace) -> int:
    """Let business units of a batch take effect that were held back."""
    batch_id: str = arguments.batch_id
    dataset = _dataset_of(batch_id)
    held = _held_units(dataset, batch_id)
    units = [arguments.unit] if arguments.unit else held
    if not units or set(units) - set(held):
        raise BadRequestError(
            f"{batch_id}: expected --unit to name a business unit that is held back, found "
            f"{arguments.unit or 'none'}. Held back: {', '.join(held) or 'none of this batch'}"
        )
    request = triggers.dedupe(dataset.name, (), now=datetime.now(UTC))
    for unit in units:
        request_id = derived_id("confirm", batch_id, unit)
        enter_confirmation(
            dataset.log, request_id, request.run_id, batch_id, unit, arguments.why or ""
        )
    return start([request], arguments.wait)


def undo(arguments: argparse.Namespace) -> int:
    """Withdraw a batch, or restore it: its rows leave, and what they had superseded comes back."""
    now = datetime.now(UTC)
    withdrawal_id = f"undo-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    name = enter_withdrawal(
        withdrawal_id,
        withdrawal_id,
        arguments.batch_id,
        arguments.why,
        entered_by=getpass.getuser(),
        is_withdrawn=not arguments.restore,
    )
    if name is None:
        raise _unknown(arguments.batch_id)
    return start([triggers.dedupe(name, (), now=now, run_id=withdrawal_id)], arguments.wait)


def _dataset_of(batch_id: str) -> Dataset:
    rows = jobs.query(
        statement("ops/batches/dataset.sql"), {"batch_id": batch_id}, step="find-batch"
    )
    if not rows:
        raise _unknown(batch_id)
    return catalog().dataset(rows[0]["dataset"])


def _held_units(dataset: Dataset, batch_id: str) -> list[str]:
    sql = statement("ops/batches/held.sql", log=log_table(dataset.log))
    rows = jobs.query(sql, {"batch_id": batch_id}, step="held-units")
    return sorted(row["business_unit"] for row in rows if row["business_unit"] is not None)


def _unknown(batch_id: str) -> BadRequestError:
    return BadRequestError(f"unknown batch {batch_id!r}: ops.batches has them all")
