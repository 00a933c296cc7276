"""Whether the chain kept its promises, by its own records."""

import argparse
from datetime import UTC, datetime, timedelta

from operations.console import note, say
from shared.protocol.audit import broken_promises

BROKEN = 1


def protocol(arguments: argparse.Namespace) -> int:
    """Print each promise that was broken in the last so many days."""
    note(f"reading the change logs and events of {arguments.days} days")
    found = broken_promises(datetime.now(UTC), timedelta(days=arguments.days))
    for violation in found:
        say(str(violation))
    say(f"{len(found)} promises broken in the last {arguments.days} days")
    return BROKEN if found else 0
