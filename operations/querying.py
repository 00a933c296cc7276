"""An analyst's query of the deployment's tables."""

import argparse

from operations.console import say, table
from shared import clients, warehouse
from shared.errors import BadRequestError


def query(arguments: argparse.Namespace) -> int:
    """Run a query, and print its rows."""
    try:
        rows = warehouse.query(arguments.sql, {}, step="operator-query")
    except clients.refusal() as error:
        raise BadRequestError(str(error)) from error
    if not rows:
        say("no rows")
        return 0
    say(table(list(rows[0]), [tuple(row.values()) for row in rows]))
    return 0
