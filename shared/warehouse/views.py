"""Views as they are in the warehouse."""

from shared import clients, clock
from shared.settings import settings
from shared.warehouse.limits import CALL_TIMEOUT_SECONDS


def deployed_query(address: str) -> str:
    """Return the query of the view `dataset.view`; an empty one where there is none."""
    from google.api_core.exceptions import NotFound

    timeout = clock.limit(CALL_TIMEOUT_SECONDS)
    try:
        view = clients.bigquery().get_table(settings().table(address), timeout=timeout)
    except NotFound:
        return ""
    return str(view.view_query or "")
