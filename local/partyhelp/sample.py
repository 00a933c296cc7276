"""The sample database: a year of the marketplace's life, written with the application's tables."""

from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Engine, create_engine, event, insert
from sqlalchemy.pool import NullPool

from local.partyhelp.marketplace import Marketplace
from local.partyhelp.tables import METADATA

SEED = 7
A_YEAR = timedelta(days=365)


def create_sample(
    target: Path | str | Engine, today: date, *, seed: int = SEED, first_day: date | None = None
) -> None:
    """Fill a database with what has happened from `first_day` (a year ago) until `today` begins.

    So it is what a snapshot in the night to `today` sees, and nothing in it is from the future.
    `target` is the path of a SQLite file, or an engine. Tables of the application that are there
    already are dropped. With the same first day, a later `today` continues the same life.
    """
    marketplace = Marketplace(seed, first_day or today - A_YEAR)
    marketplace.live_until(today)
    engine = target if isinstance(target, Engine) else sqlite_engine(target)
    create_tables(engine)
    with engine.begin() as connection:
        for table in METADATA.sorted_tables:
            if rows := marketplace.tables.get(table.name):
                connection.execute(insert(table), rows)


def create_tables(engine: Engine) -> None:
    """Make the application's tables, empty; those that are there already are dropped."""
    METADATA.drop_all(engine)
    METADATA.create_all(engine)


def sqlite_engine(path: Path | str) -> Engine:
    """An engine for a SQLite file that checks foreign keys and cascades, as MySQL does."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys = ON"))
    return engine
