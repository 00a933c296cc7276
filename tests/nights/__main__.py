"""Simulate nights and print every alarm: `make nights NIGHTS=365`."""

import argparse
import sys
import time
from datetime import date

from tests.nights.year import FIRST_NIGHT, Year


def main() -> int:
    """Return 1 if a check failed: all of these nights are in order."""
    parser = argparse.ArgumentParser(prog="python -m tests.nights", description=__doc__)
    parser.add_argument("--nights", type=int, default=14)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--zone", help="live in this zone, such as America/Denver")
    parser.add_argument("--first", type=date.fromisoformat, default=FIRST_NIGHT, help="a Monday")
    options = parser.parse_args()
    year = Year(options.seed, options.zone, options.first)
    for number, day in enumerate(year.nights(options.nights), start=1):
        if number % 7 == 0:
            say(f"{day}: {number} nights, {len(year.findings.alarms)} alarms")
    found = year.findings
    for alarm in found.alarms:
        say(alarm)
    say(f"mentioned: {dict(found.mentions.most_common())}")
    say(
        f"{options.nights} nights, {found.runs} runs of the checks, {found.passed} passed, "
        f"{len(found.alarms)} false alarms, {time.process_time():.0f} s of CPU"
    )
    return 1 if found.alarms else 0


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
