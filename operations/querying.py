"""An analyst's query of the deployment's tables."""

import argparse

from operations.console import say, table
from shared.warehouse import jobs


def query(arguments: argparse.Namespace) -> int:
    """Run a query, and print its rows."""
    rows = jobs.query(arguments.sql, {}, step="operator-query")
    if not rows:
        say("no rows")
        return 0
    say(table(list(rows[0]), [tuple(row.values()) for row in rows]))
    return 0
