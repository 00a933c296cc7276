"""Runs the double alone, until interrupted; its URL is the first line printed."""

import argparse
import sys
import threading
from contextlib import suppress
from datetime import date

from local.servicetitan.access import APP_KEY, CLIENT_ID, CLIENT_SECRET, TENANT_ID
from local.servicetitan.double import ServiceTitanDouble
from local.servicetitan.reports import CATALOGUE


def main() -> None:
    """Serve until interrupted or killed."""
    arguments = _parser().parse_args()
    double = ServiceTitanDouble(
        port=arguments.port,
        seed=arguments.seed,
        today=arguments.today,
        rate_limit_window_seconds=arguments.rate_limit_window_seconds,
        bulk_rows=arguments.bulk_rows,
    )
    with double, suppress(KeyboardInterrupt):
        sys.stdout.write("\n".join([double.url, *_introduction()]) + "\n")
        sys.stdout.flush()
        threading.Event().wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.servicetitan", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=7, help="another seed, another company")
    parser.add_argument("--today", type=date.fromisoformat, help="the tenant's day, YYYY-MM-DD")
    parser.add_argument(
        "--rate-limit-window-seconds", type=float, default=60.0, help="one run of a report in each"
    )
    parser.add_argument("--bulk-rows", type=int, help="length of the leads and foreman reports")
    return parser


def _introduction() -> list[str]:
    reports = [f"{dataset}: {category}, {ids}" for dataset, (category, ids) in CATALOGUE.items()]
    return [
        f"client_id {CLIENT_ID}, client_secret {CLIENT_SECRET}",
        f"ST-App-Key {APP_KEY}, tenant {TENANT_ID}",
        *reports,
    ]


if __name__ == "__main__":
    main()
