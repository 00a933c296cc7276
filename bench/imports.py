"""What each function costs at a cold start: importing it, beside the Google clients that it uses.

Run it with `python -m bench.imports` (or `make bench`). The clients are imported at first use, so a
function's own import should be far below theirs; functions-framework, which the platform has
imported before, counts for neither.
"""

import json
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from bench.figures import Figure, report
from bench.processes import ROOT
from shared.topology import topology

REPEATS = 3
MOST_MILLISECONDS = 250
CLIENTS = {
    "google-cloud-bigquery": "google.cloud.bigquery",
    "google-cloud-pubsub": "google.pubsub_v1",
    "google-cloud-storage": "google.cloud.storage",
}

# Runs in a fresh process: imports modules, and tells the milliseconds and MiB that they took.
PROGRAM = """
import importlib, json, sys, time
import functions_framework
from bench.processes import peak_mib
memory, start = peak_mib(), time.perf_counter()
for name in sys.argv[1:]:
    importlib.import_module(name)
milliseconds = (time.perf_counter() - start) * 1000
print(json.dumps([milliseconds, peak_mib() - memory]))
"""


@dataclass(frozen=True)
class Cost:
    """Milliseconds and MiB that an import takes, the median of some processes."""

    milliseconds: float
    mib: float


def main() -> int:
    """Print the figures; the exit status says whether they reach their goals."""
    return report(list(figures()))


def figures() -> Iterator[Figure]:
    """Each function's import, beside that of the Google clients that it will use."""
    for function in topology().functions:
        own = cost("main", function=function)
        theirs = cost(*clients(function), function=function)
        yield Figure(
            f"import of {function}",
            "ms",
            own.milliseconds,
            MOST_MILLISECONDS,
            is_limit=True,
            anchor=theirs.milliseconds,
        )


def clients(function: str) -> list[str]:
    """The Google clients among a function's requirements, as modules."""
    text = (ROOT / "functions" / function / "requirements.txt").read_text(encoding="utf-8")
    return [
        module for package, module in CLIENTS.items() if re.search(f"^{package}\\b", text, re.M)
    ]


def cost(*modules: str, function: str) -> Cost:
    """What importing these takes, with the function's own folder first on the path."""
    path = f"{ROOT / 'functions' / function}:{ROOT}"
    found = [_imported(modules, path) for _ in range(REPEATS)]
    return Cost(*(statistics.median(values) for values in zip(*found, strict=True)))


def _imported(modules: tuple[str, ...], path: str) -> list[float]:
    finished = subprocess.run(  # noqa: S603
        [sys.executable, "-c", PROGRAM, *modules],
        env={"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: list[float] = json.loads(finished.stdout)
    return answer


if __name__ == "__main__":
    sys.exit(main())
