"""Turns a file that somebody dropped into a batch.

Listens to: object-dropped (Cloud Storage's notification of drop/<dataset>/<any file>)
Does: reads exactly that generation of the file (NDJSON, JSON Lines or CSV, gzip or not) and lands
    it as a batch whose window and business units are those of its rows; the file itself stays
Publishes: ingest-completed
"""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue

from drop_batch import land_file
from shared.stage import handle


@functions_framework.http
def ingest_drop(request: Request) -> ResponseReturnValue:
    """Handle one push."""
    return handle("ingest_drop", request, land_file)
