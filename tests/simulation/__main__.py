"""The simulation's commands.

python -m tests.simulation soak [--schedules N] [--first SEED]
python -m tests.simulation replay SEED [--defect NAME]
python -m tests.simulation defects [NAME …] [--most SCHEDULES] [--again] [--remember] [--audit]
python -m tests.simulation table
"""

import argparse
import itertools
import signal
import sys
import time
from collections.abc import Iterable

from tests.simulation import catches, hunting, running
from tests.simulation.defects import DEFECTS

PROGRESS_SECONDS = 30.0

# What a shell answers for a command that Ctrl-C has ended.
INTERRUPTED = 130

# A defect that needs more schedules than this goes unnoticed in a night's soak.
MOST_SCHEDULES = 1000


def main() -> int:
    """Run a command; return the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("soak")
    command.add_argument("--schedules", type=_positive)
    command.add_argument("--first", type=_positive, default=1)
    command.set_defaults(run=soak)
    command = commands.add_parser("replay")
    command.add_argument("seed")
    command.add_argument("--defect", choices=DEFECTS)
    command.set_defaults(run=replay)
    command = commands.add_parser("defects")
    command.add_argument("names", nargs="*", metavar="NAME", type=_defect)
    command.add_argument("--most", type=_positive, default=MOST_SCHEDULES)
    command.add_argument("--again", action="store_true", help="begin with the seeds known")
    command.add_argument("--remember", action="store_true", help="keep the seeds found")
    command.add_argument("--audit", action="store_true", help="judge by the nightly audit alone")
    command.set_defaults(run=defects)
    commands.add_parser("table").set_defaults(run=table)
    given = parser.parse_args()
    try:
        return int(given.run(given))
    except KeyboardInterrupt:
        running.stop()
        return INTERRUPTED


def soak(given: argparse.Namespace) -> int:
    """Run schedules until told to stop, or so many; return 1 when any failed, or none was run."""
    seeds: Iterable[int] = itertools.count(given.first)
    if given.schedules is not None:
        seeds = range(given.first, given.first + given.schedules)
    schedules = commits = differences = unexplained = 0
    began = said = time.monotonic()
    try:
        for found in running.side_by_side(running.outcome, map(str, seeds)):
            schedules, commits = schedules + 1, commits + found.commits
            unexplained += found.dead_letters
            if found.failure is not None:
                differences += 1
                say(f"SEED={found.seed}: {found.failure}")
            if (now := time.monotonic()) - said > PROGRESS_SECONDS:
                so_far = f"{schedules} schedules in {now - began:.0f} s so far"
                say(f"{so_far}, {differences} differences")
                said = now
    except KeyboardInterrupt:
        running.stop()
        say("stopped")
    say(
        f"{schedules} schedules, {commits} commits checked, {differences} differences, "
        f"{unexplained} unexplained dead letters"
    )
    return int(differences + unexplained > 0 or schedules == 0)


def replay(given: argparse.Namespace) -> int:
    """Run one schedule again, as short as it still fails; return 1 when it fails."""
    (found,) = running.side_by_side(running.shortest, [running.Replay(given.seed, given.defect)])
    for line in found.trace:
        say(line)
    for label, chosen in found.deviations.items():
        say(f"deviation: {label}: {chosen}")
    say(f"SEED={found.seed}: {found.failure or 'no difference'} ({found.digest})")
    return int(found.failure is not None)


def defects(given: argparse.Namespace) -> int:
    """Plant one defect after another; return 1 unless each was caught, and each invariant needed.

    Which invariants are needed shows when all defects are planted. The audit need not catch all.
    """
    judge = catches.AUDIT if given.audit else catches.SIMULATION
    names = given.names or list(DEFECTS)
    hunts = (hunting.again if given.again else hunting.anew)(names, given.most, judge)
    found = []
    try:
        for caught in running.side_by_side(hunting.hunt, hunts):
            found.append(caught)
            say(str(caught))
            if given.remember:
                catches.remember(caught, judge)
    except KeyboardInterrupt:
        running.stop()
        say("stopped")
    vacuous = []
    for invariant, caught_by_it in catches.by_invariant(found, judge).items():
        if caught_by_it:
            say(f"{invariant}: {'; '.join(caught_by_it)}")
        elif len(found) == len(DEFECTS):
            say(f"{invariant}: NOTHING")
            vacuous.append(invariant)
    count = sum(caught.invariant is not None for caught in found)
    say(f"{count} of {len(names)} planted defects caught")
    return int(not given.audit and (count < len(names) or bool(vacuous)))


def table(_: argparse.Namespace) -> int:
    """Print the table of docs/reliability.md from what was remembered."""
    for line in catches.table():
        say(line)
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, found {text!r}")
    return int(text)


def _defect(text: str) -> str:
    if text not in DEFECTS:
        raise argparse.ArgumentTypeError(f"expected one of {'; '.join(DEFECTS)}, found {text!r}")
    return text


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
