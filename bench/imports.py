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
from dataclasses import dataclass

from bench.processes import ROOT
from shared.topology import topology

REPEATS = 3
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

    def __str__(self) -> str:
        return f"{self.milliseconds:6.0f} ms {self.mib:5.0f} MiB"


def main() -> int:
    """Print a line for each function."""
    sys.stdout.write(f"{'function':<22}{'its import':>20}{'its Google clients':>22}\n")
    for function in topology().functions:
        used = clients(function)
        own, theirs = cost("main", function=function), cost(*used, function=function)
        names = ", ".join(name.rpartition(".")[2] for name in used)
        sys.stdout.write(f"{function:<22}{own!s:>20}{theirs!s:>22}  {names}\n")
    return 0


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
