"""Moves the rows that a newer pull supersedes out of the raw tables.

Listens to: load-completed, dedupe-requested
Does: for the days given (every day, when a request names none), settles which rows are the newest
    of their key and window, moves the others to the superseded tables, and records the days that
    it touches before it touches them
Publishes: dedupe-completed
"""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue

from dedupe_step import dedupe_dataset
from shared.stage import handle


@functions_framework.http
def dedupe(request: Request) -> ResponseReturnValue:
    """Handle one push."""
    return handle("dedupe", request, dedupe_dataset)
