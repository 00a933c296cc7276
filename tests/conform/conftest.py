"""One local place for all tests, and every probe run there once, side by side."""

from collections.abc import Iterator

import pytest

from conform.catalogue import probes
from conform.local import LocalPlace, local_place
from conform.running import Result, run


@pytest.fixture(scope="session")
def results() -> dict[str, Result]:
    """What came of each probe that the local cloud is asked, by name."""
    asked = [p for p in probes() if p.local is None or p.local.observed is not None]
    with local_place() as place:
        place.open()
        found = run(place, asked, lambda _: None)
        place.remove()
        place.close()
    return {result.probe.name: result for result in found}


@pytest.fixture
def place() -> Iterator[LocalPlace]:
    """A place of the test's own."""
    with local_place() as own:
        yield own
        own.close()
