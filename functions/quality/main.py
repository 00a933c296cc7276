"""Checks what has just been made, and says so where people look.

Listens to: dedupe-completed, mart-completed, audit-requested
Does: after the last step of a chain, runs the pipeline's checks over the days that it touched, in
    one query, and keeps their results in ops.quality_results; a failed check is logged as an error;
    each night the audit does so over all of history, in one query a pipeline
Publishes: quality-completed
"""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue

from functions.quality.stage import check_or_audit
from shared.stage import handle


@functions_framework.http
def quality(request: Request) -> ResponseReturnValue:
    """Handle one push."""
    return handle("quality", request, check_or_audit)
