"""Brings marts up to date with their inputs.

Listens to: dedupe-completed, mart-completed, mart-requested
Does: finds the days that the mart's inputs have changed since its own log's newest version, and
    those that were asked for; replaces them in all of its tables in one transaction, keeps what it
    replaces, and records the version with the versions of its inputs
Publishes: mart-completed, one for each mart
"""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue

from functions.mart.rebuilding import rebuild_marts
from shared.stage import handle


@functions_framework.http
def mart(request: Request) -> ResponseReturnValue:
    """Handle one push."""
    return handle("mart", request, rebuild_marts)
