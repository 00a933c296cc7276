"""Runs the local Cloud Storage alone, until it is terminated; its URL is the first line printed."""

import sys
import tempfile
import threading
from pathlib import Path

from local.storage import StorageEmulator


def main() -> None:
    """Serve from a folder that disappears in the end."""
    with tempfile.TemporaryDirectory() as folder, StorageEmulator(Path(folder)) as emulator:
        sys.stdout.write(f"{emulator.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
