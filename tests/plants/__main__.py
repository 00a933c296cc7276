"""Plants errors by themselves in every table and column: `python -m tests.plants`."""

import sys
import time

from local.cloud import LocalCloud
from local.environment import environment
from tests.conftest import TODAY
from tests.deployment import create_deployment
from tests.plants.judging import audit, is_failed, is_named
from tests.plants.rounds import planted, rounds
from tests.plants.warehouse import build


def main() -> int:
    """Print what was missed, and how many were found; return 1 unless all were."""
    began = time.monotonic()
    build()
    alarms = audit().failed
    sys.stdout.write(f"a correct warehouse: {len(alarms)} false alarms\n")
    for alarm in alarms[:20]:
        sys.stdout.write(f"false alarm: {alarm}\n")
    count = failed = named = 0
    for targets in rounds():
        plants, verdict = planted(targets)
        for each in plants:
            has_failed, has_name = is_failed(each, verdict), is_named(each, verdict)
            count, failed, named = count + 1, failed + has_failed, named + has_name
            if not (has_failed and has_name):
                sys.stdout.write(f"{'unnamed' if has_failed else 'missed'}: {each}\n")
        sys.stdout.write(f"{len(targets)} tables, {time.monotonic() - began:.0f} s\n")
    sys.stdout.write(f"{failed} of {count} planted errors failed, {named} named rightly\n")
    return int(bool(alarms) or failed < count or named < count)


if __name__ == "__main__":
    cloud = LocalCloud(today=TODAY)
    cloud.start()
    try:
        with cloud.in_force(), environment({"BATON_PREFIX": "quiet-", "BATON_BUCKET": "quiet"}):
            create_deployment()
            code = main()
    finally:
        cloud.stop()
    sys.exit(code)
