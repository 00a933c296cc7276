"""The emulators under test: ours, and beside it Google's own where the machine has it.

A test that takes `bench` runs against both; one marked `ours_only(reason)` against ours alone.
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from local.pubsub import PubSubEmulator
from tests.local.pubsub.bench import PATIENCE_SECONDS, Bench, Endpoint, OpenEndpoint, Push

JAR = "platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar"


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
    """The host of Google's emulator, run from its jar: gcloud leaves the process behind."""
    jar, java = _google_jar(), shutil.which("java")
    if jar is None or java is None:
        pytest.skip("Google's Pub/Sub emulator (a gcloud component) or java is not installed")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [java, "-Xmx256m", "-jar", str(jar), "--host=127.0.0.1", f"--port={port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for_port(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


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


def _google_jar() -> Path | None:
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        return None
    return next(Path(gcloud).resolve().parent.parent.glob(JAR), None)


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
