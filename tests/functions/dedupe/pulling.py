"""Pulls of foreman's jobs, loaded and waiting, and what became of them."""

from datetime import UTC, date, datetime, timedelta

from shared.days import Window
from shared.event import Event
from shared.events import DedupeRequested, LoadCompleted
from shared.warehouse import requests
from tests.batches import Row, land
from tests.deployment import select
from tests.functions.services import push
from tests.stages import loaded

RAW, SUPERSEDED = "st_raw.raw_foreman", "st_raw_superseded.raw_foreman"
PHOENIX, TUCSON = "Phoenix-Production", "Tucson-Production"
WINDOW = Window(date(2025, 10, 14), date(2025, 10, 15))
SUNDAY = datetime(2025, 10, 19, 6, 50, tzinfo=UTC)
COMMON = {"run_id": "run", "pipeline": "servicetitan", "dataset": "foreman"}


def job(name: str, day: str = "2025-10-14", unit: str = PHOENIX) -> Row:
    """A job of the report."""
    return {"job_start": day, "bu_key": unit, "job_id": name}


def jobs(count: int, unit: str = PHOENIX, prefix: str = "") -> list[Row]:
    """So many jobs of a unit."""
    return [job(f"{prefix or unit}-{number}", unit=unit) for number in range(count)]


def pull(batch: str, days_later: float, *rows: Row, units: tuple[str, ...] | None = None) -> Event:
    """Have a pull of WINDOW loaded, begun so many days after Sunday; returns what load says."""
    pulled_at = SUNDAY + timedelta(days=days_later)
    event = land("foreman", rows, WINDOW, batch_id=batch, pulled_at=pulled_at, business_units=units)
    completed = loaded(event)
    assert isinstance(completed, LoadCompleted)
    return completed


def dedupe(event: Event) -> int:
    """Push the event to the stage; returns the HTTP status."""
    return push("dedupe", event.topic, event.encode(), event.attributes).status_code


def asked(days: tuple[date, ...] | None = (), name: str = "asked") -> DedupeRequested:
    """A request to settle, or a mere wake."""
    return DedupeRequested(**COMMON, event_id=name, days=days)


def withdraw(batch: str, number: int = 1, *, is_withdrawn: bool = True) -> None:
    """Enter a withdrawal of a batch, or take it back, and have it carried out."""
    requests.enter_withdrawal(
        f"undo-{number}", "run", batch, "wrong", entered_by="ann", is_withdrawn=is_withdrawn
    )
    assert dedupe(asked(name=f"undo-{number}")) == 200


def confirm(batch: str, unit: str) -> None:
    """Confirm a unit that is held back, and have it settled."""
    requests.enter_confirmation("foreman", f"confirm-{unit}", "run", batch, unit, "moved")
    assert dedupe(asked(name=f"confirm-{unit}")) == 200


def current(table: str = RAW) -> list[tuple[str, str]]:
    """The jobs of a table, each with its batch."""
    return [(row["_batch_id"], row["job_id"]) for row in select(table, "_batch_id, job_id")]


def superseded() -> dict[tuple[str, str], tuple[str, str]]:
    """What became of the superseded jobs, each with its batch: the reason, and because of what."""
    return {
        (row["_batch_id"], row["job_id"]): (row["_superseded_reason"], row["_superseded_by"])
        for row in select(SUPERSEDED)
    }
