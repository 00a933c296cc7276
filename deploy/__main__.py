"""Deployment's commands; `make plan`, `make deploy` and `make destroy` call them.

Exit codes: 0 done, 1 Terraform failed, 2 something has to be there first, 3 not confirmed,
4 refused, because data would be lost, 5 what runs is not what is described (`--expect-nothing`).
"""

import argparse
import sys
from collections.abc import Sequence

from conform.options import add_options
from deploy import (
    adopted,
    api,
    applying,
    cost,
    deployer,
    destroying,
    doctor,
    environment,
    package,
    permissions,
    readiness,
)
from deploy.environment import Environment, MisconfiguredError
from deploy.questions import NotConfirmedError, agreed, typed
from deploy.refusals import RefusedError
from deploy.terraform import FailedError
from deploy.times import LONGEST_SHIFT

FAILED, NOT_READY, NOT_CONFIRMED, REFUSED, DIFFERS = 1, 2, 3, 4, 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options) or 0)
    except FailedError:
        return FAILED
    except (MisconfiguredError, api.RefusedError) as error:
        sys.stderr.write(f"{error}\n")
        return NOT_READY
    except NotConfirmedError:
        sys.stderr.write("Not confirmed: nothing was changed.\n")
        return NOT_CONFIRMED
    except RefusedError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, told in (
        ("check", _check, "say what is missing before Terraform can run"),
        ("doctor", _doctor, "say what keeps a deployment from running"),
        ("adopt", _adopt, "say what exists already, and write how a deploy keeps all of it"),
        ("plan", _plan, "say what would change in the project"),
        ("apply", _apply, "make everything in the project"),
        ("destroy", _destroy, "remove what runs; tables, buckets and secrets stay"),
        ("package", _package, "write the functions' zips"),
        ("permissions", _permissions, "print docs/permissions.md"),
        ("deployer-role", _deployer_role, "print the role of whoever deploys, for gcloud"),
        ("cost", _cost, "print what a month costs, with the arithmetic"),
        ("conform", _conform, "ask Google's services whether they do what the design expects"),
    ):
        commands.add_parser(name, help=told).set_defaults(command=command)
    for name in ("check", "doctor", "adopt", "plan", "apply", "destroy"):
        commands.choices[name].add_argument(
            "--env", default=environment.MAIN, help="the environment terraform/<ENV>.tfvars"
        )
    add_options(commands.choices["conform"])
    commands.choices["plan"].add_argument(
        "--expect-nothing", action="store_true", help="fail when anything would change"
    )
    commands.choices["adopt"].add_argument(
        "--take-over",
        action="append",
        default=[],
        metavar="DATASET",
        help="let a deploy write its labels and descriptions on this one, if all else is as ours",
    )
    commands.choices["adopt"].add_argument(
        "--shift",
        type=int,
        choices=range(LONGEST_SHIFT + 1),
        default=0,
        metavar="MINUTES",
        help="run all pulls so much later (up to 60), where another pipeline pulls at these times",
    )
    for name in ("adopt", "apply", "destroy"):
        commands.choices[name].add_argument("--yes", action="store_true", help="ask no question")
    commands.choices["destroy"].add_argument(
        "--with-data", action="store_true", help="remove all data as well, after a question"
    )
    return parser


def _check(options: argparse.Namespace) -> int:
    _, code = _ready(options)
    return code


def _doctor(options: argparse.Namespace) -> int:
    wrong = list(doctor.complaints(environment.find(options.env)))
    for line in wrong:
        sys.stdout.write(f"{line}\n")
    return NOT_READY if wrong else 0


def _adopt(options: argparse.Namespace) -> int:
    here, code = _ready(options)
    if not code:
        confirm = agreed(approved=options.yes)
        adopted.adopt(here, confirm, options.take_over, options.shift)
    return code


def _plan(options: argparse.Namespace) -> int:
    here, code = _ready(options)
    if code:
        return code
    planned = applying.plan(here)
    return DIFFERS if options.expect_nothing and not planned.is_empty else 0


def _apply(options: argparse.Namespace) -> int:
    here, code = _ready(options)
    if not code:
        applying.apply(here, agreed(approved=options.yes))
    return code


def _destroy(options: argparse.Namespace) -> int:
    here, code = _ready(options)
    if not code and options.with_data:
        destroying.destroy_with_data(here, typed)
    elif not code:
        destroying.destroy(here, agreed(approved=options.yes))
    return code


def _ready(options: argparse.Namespace) -> tuple[Environment, int]:
    here = environment.find(options.env)
    lacking = list(readiness.missing(here))
    for line in lacking:
        sys.stderr.write(f"missing: {line}\n")
    return here, NOT_READY if lacking else 0


def _package(_: argparse.Namespace) -> None:
    for path in package.build_all(package.ZIPS):
        sys.stdout.write(f"{path}\n")


def _permissions(_: argparse.Namespace) -> None:
    sys.stdout.write(permissions.document())


def _deployer_role(_: argparse.Namespace) -> None:
    sys.stdout.write(deployer.role())


def _cost(_: argparse.Namespace) -> None:
    sys.stdout.write(cost.report())


def _conform(options: argparse.Namespace) -> int:
    from conform.command import conform  # Google's clients take a second, and only it needs them.

    return conform(options, agreed(approved=options.yes))


if __name__ == "__main__":
    sys.exit(main())
