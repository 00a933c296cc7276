"""Moves the rows that a newer pull supersedes out of the raw tables.

Listens to: load-completed, dedupe-requested
Does: for the days given (every day, when a request names none), settles which rows are the newest
    of their key and window, moves the others to the superseded tables, and records the days that
    it touches before it touches them
Publishes: dedupe-completed
"""

import functions_framework
from cloudevents.http import CloudEvent

from dedupe_step import dedupe_dataset
from shared.stage import handle


@functions_framework.cloud_event
def dedupe(event: CloudEvent) -> None:
    """Handle one push."""
    handle("dedupe", event, dedupe_dataset)
