"""Pulls ServiceTitan reports.

Listens to: ingest-requested (of the pipeline servicetitan)
Does: pulls the report's pages, paced and checkpointed, to a batch on Cloud Storage; asks for each
    business unit by itself when a request names none and the report has one run for each
Publishes: ingest-completed; ingest-requested for those, or for what is left when time is short
"""

import functions_framework
from cloudevents.http import CloudEvent

from servicetitan_pull import pull_reports
from shared.stage import handle


@functions_framework.cloud_event
def ingest_servicetitan(event: CloudEvent) -> None:
    """Handle one push."""
    handle("ingest_servicetitan", event, pull_reports)
