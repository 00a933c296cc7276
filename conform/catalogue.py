"""All probes, by service."""

from functools import cache
from types import ModuleType

from conform import functions
from conform.bigquery import conflicts, jobs, loads, partitions, scripts, tables, transactions
from conform.probes import Probe
from conform.pubsub import dead_letters, delivery, subscriptions
from conform.storage import notifications, objects

MODULES: tuple[ModuleType, ...] = (
    conflicts,
    transactions,
    scripts,
    jobs,
    loads,
    partitions,
    tables,
    objects,
    notifications,
    delivery,
    subscriptions,
    dead_letters,
    functions,
)


@cache
def probes() -> tuple[Probe, ...]:
    """Return all probes, in the order in which they are written."""
    return tuple(
        found for module in MODULES for found in vars(module).values() if isinstance(found, Probe)
    )
