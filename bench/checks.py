"""What a chain's checks cost on the local cloud: `python -m bench.checks`, over empty tables.

Nearly all of it is the time to translate and plan one large statement; rows are few there anyway.
"""

import sys
import time
from datetime import UTC, datetime, timedelta

from functions.quality.checking import run, scope_of, seen_by
from functions.quality.subjects import parts
from local.cloud import LocalCloud
from operations.console import table
from shared.catalog import catalog
from shared.days import today
from shared.events import MartCompleted

# A dataset, and the mart that ends its chain.
CHAINS = (
    ("leads", "consolidated"),
    ("daily_wbr", "consolidated"),
    ("partyhelp_snapshot", "partyhelp"),
)
RUNS = 4


def main() -> None:
    """Print the size of each chain's SQL, and the CPU seconds of its first and fastest run."""
    with LocalCloud():
        rows = [cost(dataset, mart) for dataset, mart in CHAINS]
    heads = ("chain", "checks", "kB of SQL", "first run, CPU s", "fastest")
    sys.stdout.write(table(heads, rows) + "\n")


def cost(dataset: str, mart: str) -> tuple[str, ...]:
    """Return a chain's row of the table."""
    pipeline = catalog().dataset(dataset).pipeline
    day = today(pipeline.zone, datetime.now(UTC))
    days = tuple(day - timedelta(days=number) for number in range(7))
    ids = {"event_id": "bench", "run_id": "bench", "pipeline": pipeline.name}
    scope = scope_of(MartCompleted(**ids, mart=mart, version=1, days=days, rows=0, dataset=dataset))
    asked = parts(scope)
    seconds = []
    for number in range(RUNS):
        began = time.process_time()
        run(scope, asked, f"{dataset} {number}")
        seconds.append(time.process_time() - began)
    checks, size = sum(len(part.checks) for part in asked), len(seen_by(asked)) / 1000
    figures = (f"{size:.1f}", f"{seconds[0]:.2f}", f"{min(seconds):.2f}")
    return (dataset, str(checks), *figures)


if __name__ == "__main__":
    main()
