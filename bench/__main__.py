"""Every benchmark, one after the other: what `make bench` runs.

Exits with 1 when a goal is not reached.
"""

import sys

from bench import drop, fingerprints, imports, ingest, jobs, partyhelp, scanned
from bench.figures import report


def main() -> int:
    """Run them all; returns the exit code."""
    parts = (ingest, fingerprints, partyhelp, drop, imports, scanned)
    return max(report([figure for part in parts for figure in part.figures()]), jobs.main())


if __name__ == "__main__":
    sys.exit(main())
