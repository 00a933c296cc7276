"""Deployment's commands; `make plan`, `make deploy` and `make destroy` call them.

Exit codes: 0 done, 1 Terraform failed, 2 something has to be there first, 3 not confirmed.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy import cost, package, permissions, readiness, terraform
from shared.topology import topology

NOT_READY, NOT_CONFIRMED = 2, 3
ZIPS = Path("build") / "functions"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    return int(options.command(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, told in (
        ("check", _check, "say what is missing before Terraform can run"),
        ("plan", _plan, "say what would change in the project"),
        ("apply", _apply, "make everything in the project"),
        ("destroy", _destroy, "remove what runs; tables, buckets and secrets stay"),
        ("package", _package, "write the functions' zips, to look at them"),
        ("permissions", _permissions, "print docs/permissions.md"),
        ("cost", _cost, "print what a month costs, with the arithmetic"),
    ):
        commands.add_parser(name, help=told).set_defaults(command=command)
    for name in ("apply", "destroy"):
        commands.choices[name].add_argument("--yes", action="store_true", help="ask no question")
    commands.choices["destroy"].add_argument(
        "--with-data", action="store_true", help="remove all data as well, after a question"
    )
    return parser


def _check(_: argparse.Namespace) -> int:
    lacking = list(readiness.missing())
    for line in lacking:
        sys.stderr.write(f"missing: {line}\n")
    return NOT_READY if lacking else 0


def _plan(options: argparse.Namespace) -> int:
    return _check(options) or _code(terraform.plan())


def _apply(options: argparse.Namespace) -> int:
    return _check(options) or _code(terraform.apply(approved=options.yes))


def _destroy(options: argparse.Namespace) -> int:
    if lacking := _check(options):
        return lacking
    if not options.with_data:
        sys.stdout.write("Tables, the landing bucket and secrets stay; --with-data removes them.\n")
        return _code(terraform.destroy(approved=options.yes))
    if not _is_confirmed():
        sys.stderr.write("Not confirmed: nothing was removed.\n")
        return NOT_CONFIRMED
    return _code(terraform.destroy_with_data())


def _is_confirmed() -> bool:
    """Whether somebody types the project's id: `--yes` is not enough for data."""
    project = readiness.project_id()
    sys.stdout.write(f"This deletes all of Baton's data in {project}. Type the project's id: ")
    sys.stdout.flush()
    return sys.stdin.readline().strip() == project


def _package(_: argparse.Namespace) -> int:
    for function in topology().functions:
        sys.stdout.write(f"{package.build(function, ZIPS)}\n")
    return 0


def _permissions(_: argparse.Namespace) -> int:
    sys.stdout.write(permissions.document())
    return 0


def _cost(_: argparse.Namespace) -> int:
    sys.stdout.write(cost.report())
    return 0


def _code(terraform_code: int) -> int:
    return 1 if terraform_code else 0


if __name__ == "__main__":
    sys.exit(main())
