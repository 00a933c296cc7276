"""The local cloud's commands; `make demo`, `up`, `drop` and `compare` call them."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from shared.errors import BatonError

DEFAULT_PORT, LAST_PORT = 8080, 65535


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    console = Console()
    try:
        return _run(options, console)
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 130
    except BatonError as error:
        console.print(str(error), soft_wrap=True, markup=False)
    except OSError as error:
        console.print(f"{error.filename or options.command}: {error.strerror}", markup=False)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    show = commands.add_parser("demo", help="run the whole chain from nothing, and show it")
    show.add_argument("--pipeline", action="append", help="only this one")
    show.add_argument("--sync-date", help="the day of the snapshot, taken once more")
    up = commands.add_parser("up", help="keep the local cloud running until Ctrl-C")
    up.add_argument("--port", type=_port, default=DEFAULT_PORT, help="of the gateway (%(default)s)")
    for each in (show, up):
        each.add_argument("--data-dir", type=Path, help="keep the data here across restarts")
    between = commands.add_parser("compare", help="show which figures differ from another commit's")
    between.add_argument("base", help="the commit, such as main or HEAD~1")
    dropping = commands.add_parser("drop", help="drop a file into the running local cloud")
    dropping.add_argument("dataset")
    dropping.add_argument("file")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"expected a port of 0 to {LAST_PORT}, found {text!r}")
    return int(text)


def _run(options: argparse.Namespace, console: Console) -> int:
    if options.command in ("demo", "up"):
        console.print("Starting the local cloud…")
    # Seconds of imports: told of beforehand, and interrupted as quietly as the rest.
    from local.commands import COMMANDS

    return COMMANDS[options.command](options, console)


if __name__ == "__main__":
    sys.exit(main())
