"""Google's clients."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shared import clients

ROOT = Path(__file__).resolve().parents[2]
BUILDERS: list[Callable[[], object]] = [
    clients.publisher,
    clients.subscriber,
    clients.storage,
    clients.bigquery,
]


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("build", BUILDERS)
def test_a_client_is_built_once_and_anew_after_it_is_forgotten(
    build: Callable[[], object],
) -> None:
    first = build()
    assert build() is first
    clients.forget()
    assert build() is not first


def test_none_of_googles_libraries_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys; import shared.landing, shared.messaging, shared.stage, shared.warehouse.jobs\n"
        "heavy = ('google.cloud.', 'google.api_core', 'grpc')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
