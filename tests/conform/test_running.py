"""Probes run side by side within their limits, and an observation names nobody."""

import threading
import time

from conform.local import LocalPlace
from conform.place import Place
from conform.running import Result, longest_seconds, run
from tests.conform.sample import a_probe

PLACE = Place("my-project", prefix="conform-1a2b")


def test_the_longest_time_counts_probes_that_run_side_by_side() -> None:
    limits = [a_probe(seconds=seconds) for seconds in (10, 60, 20, 30)]
    assert longest_seconds(limits, 1) == 120
    assert longest_seconds(limits, 2) == 60


def test_probes_run_side_by_side_and_each_is_reported() -> None:
    meeting = threading.Barrier(2, timeout=10)
    two = [a_probe(f"m.{n}", observe=lambda _: meeting.wait() >= 0) for n in range(2)]
    reported: list[Result] = []
    results = run(PLACE, two, reported.append)
    assert [result.observed for result in results] == [True, True]
    assert reported == results


def test_a_probe_that_fails_or_takes_too_long_says_so_and_keeps_up_nobody() -> None:
    probes = [
        a_probe("m.fails", observe=lambda _: 1 // 0),
        a_probe("m.hangs", observe=lambda _: time.sleep(20), seconds=0.2),
        a_probe("m.works"),
    ]
    found = {r.probe.name: (r.error, r.observed) for r in run(PLACE, probes, lambda _: None, 1)}
    assert found == {
        "m.fails": ("ZeroDivisionError: integer division or modulo by zero", None),
        "m.hangs": ("took longer than its 0.2 seconds", None),
        "m.works": ("", 1),
    }


def test_a_probe_that_cannot_be_run_is_left_out() -> None:
    assert run(PLACE, [a_probe(observe=None)], lambda _: None) == []


def test_an_observation_names_no_project_no_person_and_nothing_of_the_run() -> None:
    told = "my-project:conform_1a2b.t in gs://conform-1a2b, asked by jane.doe@example.com"
    (result,) = run(PLACE, [a_probe(observe=lambda _: {"told": [told]})], lambda _: None)
    assert result.observed == {"told": ["PROJECT:DATASET.t in gs://RUN, asked by PERSON"]}


def test_everything_is_removed(place: LocalPlace) -> None:
    place.open()
    place.subscription(place.topic())
    place.bucket.blob("file").upload_from_string("text")
    place.remove()
    assert list(place.publisher.list_topics(project=f"projects/{place.project}")) == []
    assert list(place.subscriber.list_subscriptions(project=f"projects/{place.project}")) == []
    assert not place.bucket.exists()
    place.remove()  # Nothing there is no error.
