"""Rebuilds the marts that follow an event, for the days that it touched.

Listens to: dedupe-completed, mart-completed, mart-requested
Does: replaces those days of each mart's tables by what their queries give now, a table and span of
    days in one atomic statement; a request without days rebuilds every day
Publishes: mart-completed, one for each mart
"""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue

from mart_rebuild import rebuild_marts
from shared.stage import handle


@functions_framework.http
def mart(request: Request) -> ResponseReturnValue:
    """Handle one push."""
    return handle("mart", request, rebuild_marts)
