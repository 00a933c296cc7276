"""Catches up each night on what lost messages left undone, and reports what Pub/Sub gave up.

Listens to: sweep-requested, and every function's dead letters but its own
Does: wakes every dataset and mart, and load for each batch of the last 30 days that was announced
    and neither entered nor given up; turns a message that Pub/Sub itself forwarded to the dead
    letters, because its function was never reached, into a failure of its run
Publishes: dedupe-requested, mart-requested, ingest-completed as it was recorded
"""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue

from functions.sweep.sweeping import sweep_or_report
from shared.stage import handle


@functions_framework.http
def sweep(request: Request) -> ResponseReturnValue:
    """Handle one push."""
    return handle("sweep", request, sweep_or_report)
