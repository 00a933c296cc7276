"""The recording holds every probe, and keeps what was observed."""

from datetime import date
from pathlib import Path

from conform import recording
from conform.catalogue import probes
from conform.page import FILE, page
from conform.probes import agrees
from conform.running import PERSON, Result
from tests.conform.sample import a_probe

TODAY, LATER = date(2026, 11, 22), date(2026, 11, 23)
STALE = "run: python -m deploy conform --declare"


def test_the_committed_recording_is_that_of_the_probes() -> None:
    known = recording.read()
    assert known == recording.updated(known, probes(), [], TODAY), STALE


def test_the_page_of_differences_is_that_of_the_recording() -> None:
    assert FILE.read_text(encoding="utf-8") == page(probes(), recording.read()), STALE


def test_the_recording_names_nobody() -> None:
    assert PERSON.findall(recording.FILE.read_text(encoding="utf-8")) == []


def test_what_is_not_observed_is_documented() -> None:
    known = recording.updated({}, [a_probe()], [], TODAY)
    assert known == {"transactions.a_probe": {"basis": "documented", "expected": 1}}


def test_what_was_observed_is_kept_with_its_date() -> None:
    probe = a_probe()
    first = recording.updated({}, [probe], [Result(probe, 1.0, 2)], TODAY)
    again = recording.updated(first, [probe], [Result(probe, 1.0, error="busy")], LATER)
    assert again == first
    assert again[probe.name] == {
        "basis": "observed",
        "expected": 1,
        "date": "2026-11-22",
        "observed": 2,
    }


def test_what_google_does_counts_where_it_is_not_what_google_says() -> None:
    probe = a_probe(expected={"message": "…aborted…"})
    for observed, truth in (
        ({"message": "It was aborted, sorry"}, {"message": "…aborted…"}),
        ({"message": "It was queued"}, {"message": "It was queued"}),
    ):
        known = recording.updated({}, [probe], [Result(probe, 1.0, observed)], TODAY)
        assert recording.truth(probe, known) == truth


def test_a_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    known = recording.updated({}, [a_probe(expected={"text": "…ü…"})], [], TODAY)
    recording.write(known, tmp_path / "recording.json")
    assert recording.read(tmp_path / "recording.json") == known


def test_a_surprise_of_googles_is_on_the_page() -> None:
    probe = a_probe()
    known = recording.updated({}, [probe], [Result(probe, 1.0, 2)], TODAY)
    assert "| One is one. | `1` | `2` |" in page([probe], known)


def test_an_observation_may_say_more_than_was_expected() -> None:
    assert agrees({"status": 400}, {"status": 400, "message": "told"})
    assert agrees([{"text": "at […]"}], [{"text": "at [3:9]"}])
    assert not agrees({"status": 400}, {"status": 409})
    assert not agrees({"status": 400}, {})
    assert not agrees([1, 2], [1])
    assert not agrees(1, True)
    assert not agrees("…aborted…", "queued")
