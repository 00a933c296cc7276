"""Pulls a report of ServiceTitan.

Listens to: ingest-requested
Does: pulls the report's pages, paced and checkpointed, and lands them as a batch
Publishes: ingest-completed; ingest-requested for each business unit, where a request names none and
    the report has to be run for each; ingest-requested again, when the time is nearly over
"""

import functions_framework
from cloudevents.http import CloudEvent

from servicetitan_pull import work
from shared.stage import handle


@functions_framework.cloud_event
def ingest_servicetitan(event: CloudEvent) -> None:
    """Handle one push."""
    handle("ingest_servicetitan", event, work)
