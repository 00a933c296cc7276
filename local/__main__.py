"""The local cloud's commands; `make demo`, `make up` and `make drop` call them."""

import argparse
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from rich.console import Console

from local import demo
from local.cloud import LocalCloud, drop, environment

DEFAULT_PORT = 8080

# What other shells source to reach the running local cloud; it holds no secret but the double's.
VARIABLES_FILE = Path("build/local.env")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    console = Console()
    try:
        return int(options.command(options, console))
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    show = commands.add_parser("demo", help="run the whole chain from nothing, and show it")
    show.add_argument("--pipeline", choices=demo.PIPELINES, action="append", help="only this one")
    show.add_argument("--sync-date", type=date.fromisoformat, help="the day of the snapshot")
    show.set_defaults(command=_demo)
    up = commands.add_parser("up", help="keep the local cloud running until Ctrl-C")
    up.add_argument("--port", type=int, default=DEFAULT_PORT, help="of the gateway (%(default)s)")
    up.add_argument("--data-dir", type=Path, help="keep the data here across restarts")
    up.set_defaults(command=_up)
    dropping = commands.add_parser("drop", help="drop a file into the running local cloud")
    dropping.add_argument("dataset")
    dropping.add_argument("file", type=Path)
    dropping.set_defaults(command=_drop)
    return parser


def _demo(options: argparse.Namespace, console: Console) -> int:
    with LocalCloud() as cloud:
        good = demo.run(cloud, options.pipeline or demo.PIPELINES, console, options.sync_date)
    return 0 if good else 1


def _up(options: argparse.Namespace, console: Console) -> int:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with LocalCloud(data_dir=options.data_dir, port=options.port) as cloud, _announced(cloud):
        console.print(f"The gateway answers on [bold]{cloud.url}[/bold]; Ctrl-C stops it all.")
        console.print(f"Its functions log to {cloud.log_file}")
        console.print(f"Other shells reach it with: set -a; . {VARIABLES_FILE}; set +a")
        stopped.wait()
        console.print("Stopping.")
    return 0


def _drop(options: argparse.Namespace, console: Console) -> int:
    if not VARIABLES_FILE.exists():
        console.print("No local cloud is running: start one with `make up`, in another shell.")
        return 1
    if not options.file.is_file():
        console.print(f"{options.file}: expected a file, found none.")
        return 1
    with environment(_read_variables()):
        console.print(f"Dropped as {drop(options.dataset, options.file)}")
    return 0


@contextmanager
def _announced(cloud: LocalCloud) -> Iterator[None]:
    """Leave the running cloud's variables where other shells find them."""
    VARIABLES_FILE.parent.mkdir(exist_ok=True)
    lines = [f"{name}={shlex.quote(value)}" for name, value in cloud.variables.items()]
    VARIABLES_FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        yield
    finally:
        VARIABLES_FILE.unlink(missing_ok=True)


def _read_variables() -> dict[str, str]:
    lines = VARIABLES_FILE.read_text(encoding="utf-8").splitlines()
    return dict(shlex.split(line)[0].split("=", 1) for line in lines)


if __name__ == "__main__":
    sys.exit(main())
