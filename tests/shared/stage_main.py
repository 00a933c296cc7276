"""A function as every stage has one, listening where `load` does."""

from typing import Any

import functions_framework

from shared.stage import handle
from tests.shared import stage_work


@functions_framework.cloud_event
def stage(event: Any) -> None:
    """Handle one push."""
    handle("load", event, stage_work.work)
