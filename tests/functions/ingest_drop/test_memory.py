"""Memory stays bounded whatever a file holds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functions.ingest_drop.hostile import FILES

ROOT = Path(__file__).resolve().parents[3]
MOST_MIB = 150


@pytest.mark.parametrize("kind", FILES)
def test_a_hostile_file_needs_little_memory(kind: str) -> None:
    path = os.pathsep.join([str(ROOT), str(ROOT / "functions/ingest_drop")])
    program = [sys.executable, "-m", "tests.functions.ingest_drop.hostile"]
    environment = os.environ | {"PYTHONPATH": path}
    made = subprocess.run([*program, "make", kind], env=environment, capture_output=True)
    found = subprocess.run(
        [*program, "land", kind], env=environment, capture_output=True, input=made.stdout
    )
    peak, _, reason = found.stdout.decode().partition(" ")
    assert int(peak) < MOST_MIB, reason
