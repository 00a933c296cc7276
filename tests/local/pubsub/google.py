"""Google's own Pub/Sub emulator, a component of gcloud, where this machine has it."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.local.pubsub.bench import PATIENCE_SECONDS

JAR = "platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar"
MISSING = "Google's Pub/Sub emulator (a gcloud component) or java is not installed"


def google_command() -> list[str] | None:
    """Return what runs the emulator from its jar, or None: gcloud leaves the process behind."""
    gcloud, java = shutil.which("gcloud"), shutil.which("java")
    if gcloud is None or java is None:
        return None
    jar = next(Path(gcloud).resolve().parent.parent.glob(JAR), None)
    return [java, "-Xmx256m", "-jar", str(jar)] if jar else None


@contextmanager
def google_emulator(command: list[str]) -> Iterator[str]:
    """Run the emulator; give its host and port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*command, "--host=127.0.0.1", f"--port={port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for_port(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


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
