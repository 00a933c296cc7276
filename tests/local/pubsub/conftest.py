"""The emulators under test: ours, and beside it Google's own where the machine has it.

A test that takes `bench` runs against both; one marked `ours_only(reason)` against ours alone.
"""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from local.pubsub import PubSubEmulator
from tests.local.pubsub.bench import Bench, Endpoint, OpenEndpoint, Push
from tests.local.pubsub.google import MISSING, google_command, google_emulator


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "ours_only(reason): Google's emulator is known to differ from Pub/Sub here"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "emulator_host" in metafunc.fixturenames:
        ours_only = metafunc.definition.get_closest_marker("ours_only")
        emulators = ["ours"] if ours_only else ["ours", "google"]
        metafunc.parametrize("emulator_host", emulators, indirect=True)


@pytest.fixture(scope="session")
def our_emulator() -> Iterator[PubSubEmulator]:
    with PubSubEmulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def google_host() -> Iterator[str]:
    """The host of Google's emulator."""
    command = google_command()
    if command is None:
        pytest.skip(MISSING)
    with google_emulator(command) as host:
        yield host


@pytest.fixture
def emulator_host(request: pytest.FixtureRequest) -> str:
    if request.param == "google":
        return str(request.getfixturevalue("google_host"))
    return str(request.getfixturevalue("our_emulator").host)


@pytest.fixture
def bench(emulator_host: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator_host)
    with closing(Bench()) as bench:
        yield bench


@pytest.fixture
def endpoint() -> Iterator[OpenEndpoint]:
    """Opens push endpoints, and closes them after the test."""
    opened: list[Endpoint] = []

    def open_endpoint(answer: Callable[[Push], int]) -> Endpoint:
        opened.append(Endpoint(answer))
        return opened[-1]

    yield open_endpoint
    for each in opened:
        each.close()
