"""Loads a batch into its raw tables and enters it in the ledger.

Listens to: ingest-completed
Does: one load job for each table of the batch's manifest, under an id derived from the batch, so
    that it is loaded once however often the message comes; then its rows in ops.batches; holds a
    batch back that would take away more than its dataset allows
Publishes: load-completed
"""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue

from batch_loading import load_batch
from shared.stage import handle


@functions_framework.http
def load(request: Request) -> ResponseReturnValue:
    """Handle one push."""
    return handle("load", request, load_batch)
