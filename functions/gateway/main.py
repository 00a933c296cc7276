"""The pipelines' HTTP door: turns calls into request events, and tells where a run stands.

Listens to: HTTP (see `gateway_routes`)
Does: checks what is asked for against the catalogue and answers 202 with the run's id, or with
    `?wait=SECONDS` the run's outcome
Publishes: ingest-requested, dedupe-requested, mart-requested
"""

import functions_framework
from flask import Request, Response

from gateway_routes import answer


@functions_framework.http
def gateway(request: Request) -> Response:
    """Answer one call."""
    return answer(request)
