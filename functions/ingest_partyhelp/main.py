"""Takes one consistent snapshot of Partyhelp's database.

Listens to: ingest-requested (of the pipeline partyhelp)
Does: reads the catalogued columns of every table inside one read-only transaction, and lands them
    as one batch on Cloud Storage; personal data stays in the database
Publishes: ingest-completed
"""

import functions_framework
from cloudevents.http import CloudEvent

from partyhelp_pull import take_snapshot
from shared.stage import handle


@functions_framework.cloud_event
def ingest_partyhelp(event: CloudEvent) -> None:
    """Handle one push."""
    handle("ingest_partyhelp", event, take_snapshot)
