"""Takes one consistent snapshot of Partyhelp's database.

Listens to: ingest-requested (of the pipeline partyhelp)
Does: reads the catalogued columns of every table inside one read-only transaction, and lands them
    as one batch on Cloud Storage; personal data stays in the database
Publishes: ingest-completed
"""

import functions_framework
from flask import Request
from flask.typing import ResponseReturnValue

from shared.stage import handle


@functions_framework.http
def ingest_partyhelp(request: Request) -> ResponseReturnValue:
    """Handle one push."""
    from partyhelp_pull import take_snapshot  # at the first push: it brings SQLAlchemy along

    return handle("ingest_partyhelp", request, take_snapshot)
