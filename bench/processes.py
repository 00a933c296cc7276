"""Processes of a benchmark: servers that tell their URL, and runs that tell what they took."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUN_SECONDS = 300


@dataclass(frozen=True)
class Measurement:
    """What a run did, in how many seconds, and the most memory that its process ever held.

    `cpu_seconds` are those in which the process ran: on a busy machine they say more.
    """

    rows: int
    seconds: float
    cpu_seconds: float
    peak_mib: float

    @property
    def rows_per_second(self) -> float:
        """The run's throughput."""
        return self.rows / self.seconds

    @property
    def rows_per_cpu_second(self) -> float:
        """The run's throughput on a processor of its own."""
        return self.rows / self.cpu_seconds

    def __str__(self) -> str:
        return (
            f"{self.rows:>9,} rows  {self.seconds:6.1f} s  {self.rows_per_second:>9,.0f} rows/s  "
            f"{self.rows_per_cpu_second:>9,.0f} rows/CPU s  {self.peak_mib:5.0f} MiB"
        )


@contextmanager
def server(module: str, *arguments: str) -> Iterator[str]:
    """Run `python -m module` while the block lasts; gives the URL that it prints first."""
    process = subprocess.Popen(  # noqa: S603 - a module of this project
        [sys.executable, "-m", module, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        if process.stdout is None or not (url := process.stdout.readline().strip()):
            raise RuntimeError(f"{module} did not start")
        yield url
    finally:
        process.terminate()
        process.communicate()


def measured(
    module: str, environment: Mapping[str, str], folders: tuple[str, ...] = ()
) -> Measurement:
    """Run `python -m module` in a fresh process, with `folders` of the project importable.

    The module uses `measuring`.
    """
    path = os.pathsep.join(str(ROOT / folder) for folder in ("", *folders))
    finished = subprocess.run(  # noqa: S603 - a module of this project
        [sys.executable, "-m", module],
        cwd=ROOT,
        env={**os.environ, **environment, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        timeout=RUN_SECONDS,
        check=True,
    )
    return Measurement(**json.loads(finished.stdout.splitlines()[-1]))


@contextmanager
def measuring() -> Iterator[list[int]]:
    """Tell the benchmark what the block took; the block appends how many rows it landed."""
    rows: list[int] = []
    started, ran = time.monotonic(), time.process_time()
    yield rows
    seconds, cpu_seconds = time.monotonic() - started, time.process_time() - ran
    found = Measurement(sum(rows), seconds, cpu_seconds, peak_mib())
    sys.stdout.write(json.dumps(vars(found)) + "\n")


def peak_mib() -> float:
    """The most memory that this process ever held, in MiB.

    From /proc where there is one: on Linux, getrusage counts what the parent held at the fork.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # bytes on macOS
