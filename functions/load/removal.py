"""Batches that would take away more than their dataset allows: held back, before they are loaded.

A pull that was cut short without a word looks like any other: complete, and small. Loaded, it would
supersede what its window has. So its size is compared with what it would supersede; a batch that is
held back is in no table, and waits in the dead letters for an operator's word.
"""

from shared import quality_results, warehouse
from shared.catalog import RawTable
from shared.errors import HeldBackError
from shared.events import IngestCompleted
from shared.landing import Landed, Manifest
from shared.quality_results import FAIL, Result
from shared.statements import deployed, statement

# A window with fewer rows than this may lose any share of them: small numbers vary.
FEWEST_ROWS_HELD_BACK = 20


def check_removal(
    table: RawTable, landed: Landed, manifest: Manifest, event: IngestCompleted
) -> None:
    """HeldBackError if the batch has far fewer rows than the window that it takes over."""
    if event.confirmed or not table.supersede_window or table.max_removed_share == 1:
        return
    before = _window_rows(table, manifest)
    after = landed.landed - landed.rejected
    least = before * (1 - table.max_removed_share)
    if before < FEWEST_ROWS_HELD_BACK or after >= least:
        return
    result = Result(
        check_name="removed share",
        subject=f"{table.address} {manifest.batch_id}",
        status=FAIL,
        expected=f"at least {least:.0f} of the window's {before} rows",
        observed=f"{after} rows",
        detail=f"held back; if the source has no more: operations confirm {manifest.batch_id}",
    )
    quality_results.record([result], event.event_id, manifest.run_id, manifest.pipeline)
    raise HeldBackError(
        f"{table.address}: expected {result.expected}, found {after} in {manifest.batch_id}, which "
        f"is not loaded. If the source has no more, confirm it: python -m operations confirm "
        f"{manifest.batch_id}"
    )


def _window_rows(table: RawTable, manifest: Manifest) -> int:
    units = manifest.business_units
    rows = warehouse.query(
        _window_rows_sql(table),
        {
            "from": manifest.window.first,
            "to": manifest.window.last,
            "every_unit": units is None or table.business_unit is None,
            "business_units": list(units or ("",)),
            "pulled_at": manifest.pulled_at,
            "batch_id": manifest.batch_id,
        },
        step="load-window-rows",
    )
    return int(rows[0]["row_count"])


def _window_rows_sql(table: RawTable) -> str:
    return statement(
        "load/window_rows.sql",
        raw=deployed(table.address),
        day=str(table.day),
        business_unit=table.business_unit or "CAST(NULL AS STRING)",
    )
