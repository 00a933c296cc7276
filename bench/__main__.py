"""Every benchmark, one after the other: what `make bench` runs.

Exits with 1 when a budget is not met.
"""

import sys

from bench import imports, ingest, jobs, partyhelp


def main() -> int:
    """Run them all; returns the exit code."""
    codes: list[int] = [part.main() for part in (jobs, ingest, partyhelp, imports)]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
