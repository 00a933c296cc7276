"""Pulls ServiceTitan reports.

Listens to: ingest-requested (of the pipeline servicetitan)
Does: pulls the report's pages, paced and checkpointed, to a batch on Cloud Storage; asks for each
    business unit by itself when a request names none and the report has one run for each
Publishes: ingest-completed; ingest-requested for those, or for what is left when time is short
"""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue

from servicetitan_pull import pull_reports
from shared.stage import handle


@functions_framework.http
def ingest_servicetitan(request: Request) -> ResponseReturnValue:
    """Handle one push."""
    return handle("ingest_servicetitan", request, pull_reports)
