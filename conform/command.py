"""The command that asks Google's services, or the local ones, whether they do what is expected.

It says first how long it may take and what it may cost, and asks. Everything that it makes in the
project begins with one prefix and is removed at the end, after an interruption too.
"""

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from types import FrameType

import google.auth
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import DefaultCredentialsError

from conform import page, recording
from conform.catalogue import probes
from conform.local import local_place
from conform.place import PREFIX, Place
from conform.probes import Probe, agrees
from conform.running import Result, longest_seconds, run
from deploy.environment import MisconfiguredError
from deploy.questions import Confirm

FAILED, INTERRUPTED, DIFFERS = 1, 130, 5

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def conform(options: argparse.Namespace, confirm: Confirm) -> int:
    """Run the probes; return the exit code."""
    if options.declare:
        _record([])
        return 0
    wanted = [p for p in probes() if p.observe and options.only in p.name]
    try:
        if options.local:
            with local_place(options.pubsub) as here, _opened(here):
                return _judged(_observe(here, [p for p in wanted if _is_local(p)]), local=True)
        return _in_project(wanted, options, confirm)
    except KeyboardInterrupt:
        sys.stdout.write("Interrupted: everything is removed, nothing is recorded\n")
        return INTERRUPTED
    except DefaultCredentialsError as error:
        login = "no credentials: gcloud auth application-default login"
        raise MisconfiguredError(login) from error
    except GoogleAPICallError as error:  # That of a probe is its own.
        raise MisconfiguredError(f"{options.project}: {error.message}") from error


def _in_project(wanted: Sequence[Probe], options: argparse.Namespace, confirm: Confirm) -> int:
    place = Place(options.project, options.location, options.remove)
    if options.remove:
        if not options.remove.startswith(PREFIX):
            raise MisconfiguredError(f"--remove takes a prefix that begins with {PREFIX}")
        place.remove()
        return 0
    google.auth.default()  # Before the question: without credentials there is nothing to ask.
    sys.stdout.write(f"{estimate(wanted)}\n")
    confirm("Run the probes?", place.project)
    with _opened(place):
        results = _observe(place, wanted)
        _record(results)
    return _judged(results, local=False)


def estimate(wanted: Sequence[Probe]) -> str:
    """Say how long probes may take, and what they may cost."""
    minutes, dollars = longest_seconds(wanted) / 60, sum(p.cents for p in wanted) / 100
    return f"{len(wanted)} probes: at most {minutes:.0f} minutes and {dollars:.2f} US dollars."


def _is_local(probe: Probe) -> bool:
    return probe.local is None or probe.local.observed is not None


def _observe(place: Place, wanted: Sequence[Probe]) -> list[Result]:
    results: list[Result] = []
    width = len(str(len(wanted)))

    def report(result: Result) -> None:
        results.append(result)
        told = result.error or "observed"
        number = f"{len(results):{width}}/{len(wanted)}"
        sys.stdout.write(f"{number} {result.seconds:5.1f} s  {result.probe.name}: {told}\n")
        sys.stdout.flush()

    return run(place, wanted, report)


@contextmanager
def _opened(place: Place) -> Iterator[None]:
    """Make the place, and remove everything at the end, which an interruption doesn't stop."""
    sys.stdout.write(f"Everything is named {place.prefix}…\n")
    with ExitStack() as restored:
        for number in _SIGNALS:
            restored.callback(signal.signal, number, signal.signal(number, _interrupt))
        try:
            place.open()
            yield
        finally:
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            sys.stdout.write("Removing everything\n")
            _remove(place)
            place.close()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _remove(place: Place) -> None:
    try:
        place.remove()
    except GoogleAPICallError as error:
        again = f"python -m deploy conform --project {place.project} --remove {place.prefix}"
        raise MisconfiguredError(f"not all is removed, {error.message}: {again}") from error


def _record(results: Sequence[Result]) -> None:
    today = datetime.now(UTC).date()
    known = recording.updated(recording.read(), probes(), results, today)
    recording.write(known)
    page.FILE.write_text(page.page(probes(), known), encoding="utf-8")


def _judged(results: Sequence[Result], *, local: bool) -> int:
    failed = [result for result in results if result.error]
    differing = [r for r in results if not r.error and not agrees(_expected(r, local), r.observed)]
    for result in differing:
        sys.stdout.write(
            f"\n{result.probe.name}: {result.probe.claim}\n"
            f"  expected {_expected(result, local)}\n  observed {result.observed}\n"
        )
    right = len(results) - len(failed) - len(differing)
    sys.stdout.write(
        f"\n{right} as expected, {len(differing)} otherwise, {len(failed)} could not be observed\n"
    )
    return FAILED if failed else DIFFERS if differing else 0


def _expected(result: Result, local: bool) -> object:
    difference = result.probe.local
    return difference.observed if local and difference else result.probe.expected
