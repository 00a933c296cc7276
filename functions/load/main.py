"""Loads a batch into staging tables of its own and enters it: it waits to be settled.

Listens to: ingest-completed, refill-requested
Does: one load job for each table of the batch's manifest, side by side, into a staging table
    that is truncated each time and expires; checks the counts; enters the batch in ops.batches.
    For a refill, does so with every batch of the dataset that has landed
Publishes: load-completed; dedupe-requested for a refill
"""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue

from functions.load.loading import load_batch
from shared.stage import handle


@functions_framework.http
def load(request: Request) -> ResponseReturnValue:
    """Handle one push."""
    return handle("load", request, load_batch)
