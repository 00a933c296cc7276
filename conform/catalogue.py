"""All probes, by service."""

from functools import cache
from types import ModuleType

from conform.bigquery import transactions
from conform.probes import Probe

MODULES: tuple[ModuleType, ...] = (transactions,)


@cache
def probes() -> tuple[Probe, ...]:
    """Return all probes, in the order in which they are written."""
    return tuple(
        found for module in MODULES for found in vars(module).values() if isinstance(found, Probe)
    )
