"""Settles batches: which rows of a dataset are current, and which are superseded.

Listens to: load-completed, dedupe-requested
Does: takes every batch, confirmation, withdrawal and request that waits for the dataset, moves rows
    between its staging, raw and superseded tables in one transaction, and records the version with
    every day touched in the dataset's change log; holds back what would remove too much
Publishes: dedupe-completed; where staging tables have expired, ingest-completed or refill-requested
    again, for load to fill them
"""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue

from functions.dedupe.settling import settle_dataset
from shared.stage import handle


@functions_framework.http
def dedupe(request: Request) -> ResponseReturnValue:
    """Handle one push."""
    return handle("dedupe", request, settle_dataset)
