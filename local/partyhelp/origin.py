"""The database that a local cloud reads: one that is given, or the sample.

A folder that keeps a cloud's data holds those of one or of the other: the sample's days must never
take the place of real ones.
"""

from datetime import UTC, datetime
from pathlib import Path

from local.partyhelp.sample import create_sample
from shared.catalog import catalog
from shared.days import today
from shared.errors import ConfigurationError

SAMPLE, GIVEN = "the sample", "a database of your own"


def database_url(folder: Path, given: str | None) -> str:
    """Return the URL of the database to read: `given`, or that of the sample, made as at today.

    Raises ConfigurationError when the folder keeps the other one's data.
    """
    _check(folder, GIVEN if given else SAMPLE)
    return given or _sample(folder / "partyhelp.sqlite")


def _check(folder: Path, origin: str) -> None:
    note = folder / "partyhelp.origin"
    kept = note.read_text(encoding="utf-8") if note.exists() else origin
    if kept != origin:
        raise ConfigurationError(
            f"{folder} keeps the data of {kept}, expected to read {kept}, found {origin}: "
            f"{'set' if kept == GIVEN else 'unset'} PARTYHELP_DB_URL, or take another folder."
        )
    note.write_text(origin, encoding="utf-8")


def _sample(file: Path) -> str:
    create_sample(file, today(catalog().pipeline("partyhelp").zone, datetime.now(UTC)))
    return f"sqlite:///{file}"
