"""Clock values as instants, alone and through both ways to set a server up."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.partyhelp.mariadb import MariaDB
from partyhelp_clock import clock_zone, instant_reader
from shared.errors import ConfigurationError
from tests.functions.ingest_partyhelp.conftest import Ingest

MELBOURNE = ZoneInfo("Australia/Melbourne")

# What the application writes, and when that was; the clocks change at 3:00 and at 2:00.
WINTER = ("2026-07-01 12:00:00", "2026-07-01T02:00:00+00:00")
SUMMER = ("2026-01-15 12:00:00", "2026-01-15T01:00:00+00:00")
BEFORE_REPEATED = ("2026-04-05 01:59:59", "2026-04-04T14:59:59+00:00")
REPEATED = ("2026-04-05 02:30:00", "2026-04-04T15:30:00+00:00")
AFTER_REPEATED = ("2026-04-05 03:00:00", "2026-04-04T17:00:00+00:00")
SKIPPED = ("2026-10-04 02:30:00", "2026-10-03T16:30:00+00:00")
AFTER_SKIPPED = ("2026-10-04 03:00:00", "2026-10-03T16:00:00+00:00")
CLEAR = (WINTER, SUMMER, BEFORE_REPEATED, AFTER_REPEATED, AFTER_SKIPPED)


@pytest.mark.parametrize(("written", "instant"), [*CLEAR, REPEATED, SKIPPED])
def test_wall_clock_of_melbourne_is_an_instant(written: str, instant: str) -> None:
    read = instant_reader(MELBOURNE)
    assert read(datetime.fromisoformat(written)).isoformat() == instant
    assert read(written).isoformat() == instant


@pytest.mark.parametrize(
    "value", ["0000-00-00 00:00:00", "2026-02-30 10:00:00", "0001-01-01 01:00"]
)
def test_what_is_no_instant_stays_text(value: str) -> None:
    assert instant_reader(MELBOURNE)(value).startswith(value)


def test_nothing_stays_nothing() -> None:
    assert instant_reader(MELBOURNE)(None) is None


@given(st.datetimes(datetime(1980, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)))
def test_every_instant_survives_but_those_of_the_repeated_hour(instant: datetime) -> None:
    written = instant.astimezone(MELBOURNE)
    error = instant - instant_reader(MELBOURNE)(written.replace(tzinfo=None))
    assert error == (timedelta(hours=1) if written.fold else timedelta(0))


@given(st.datetimes(datetime(1980, 1, 1), datetime(2037, 1, 1)))
def test_true_instants_are_taken_as_they_are(stored: datetime) -> None:
    assert instant_reader(ZoneInfo("UTC"))(stored) == stored.replace(tzinfo=UTC)


def test_an_unknown_zone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTYHELP_DB_TIMEZONE", "Melbourne")
    with pytest.raises(ConfigurationError, match="such as UTC or Australia/Melbourne"):
        clock_zone("UTC")


@pytest.mark.parametrize(
    ("server_zone", "setting", "times"),
    [
        ("UTC", "", (*CLEAR, REPEATED, SKIPPED)),
        ("Australia/Melbourne", "UTC", CLEAR),
    ],
)
def test_instants_are_right_however_the_server_is_set_up(
    server_database: MariaDB,
    ingest: Ingest,
    monkeypatch: pytest.MonkeyPatch,
    server_zone: str,
    setting: str,
    times: tuple[tuple[str, str], ...],
) -> None:
    monkeypatch.setenv("PARTYHELP_DB_TIMEZONE", setting)
    server_database.set_zone(server_zone)
    server_database.execute(
        *(
            f"UPDATE leads SET created_at = '{written}', expires_at = NULL WHERE id = {number}"
            for number, (written, _) in enumerate(times, start=1)
        )
    )
    ingest.ask()
    leads = ingest.rows()["leads"][: len(times)]
    assert [lead["created_at"] for lead in leads] == [instant for _, instant in times]
    assert {lead["expires_at"] for lead in leads} == {None}


def test_a_zero_date_is_left_out_and_its_row_lands(
    server_database: MariaDB, ingest: Ingest
) -> None:
    server_database.execute(
        "SET SESSION sql_mode = ''",
        "UPDATE leads SET created_at = '0000-00-00 00:00:00' WHERE id = 2",
        "UPDATE leads SET preferred_date = '0000-00-00' WHERE id = 3",
    )
    ingest.ask()
    assert sorted((row["field"], row["value"]) for row in ingest.rejects()["leads"]) == [
        ("created_at", "0000-00-00 00:00:00"),
        ("preferred_date", "0000-00-00"),
    ]
    assert ingest.completed()[0]["rejected"] == 0
    leads = {row["id"]: row for row in ingest.rows()["leads"]}
    assert (leads[2]["created_at"], leads[3]["preferred_date"]) == (None, None)
