"""A function as every stage has one, listening where `load` does."""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue

from shared.stage import handle
from tests.shared import stage_work


@functions_framework.http
def stage(request: Request) -> ResponseReturnValue:
    """Handle one push."""
    return handle("load", request, stage_work.work)
