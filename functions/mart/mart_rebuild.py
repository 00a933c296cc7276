"""Marts made again from their inputs, for a list of days."""

from collections.abc import Iterator

from shared import chain, warehouse
from shared.catalog import Mart, catalog
from shared.events import (
    DedupeCompleted,
    Event,
    MartCompleted,
    MartRequested,
    decode,
    following,
)
from shared.schemas import table_schema
from shared.stage import Clock, Message
from shared.statements import deployed, query_of, statement

Cause = DedupeCompleted | MartCompleted | MartRequested


def rebuild_marts(message: Message, clock: Clock) -> Iterator[Event]:
    """Rebuild every mart that follows the event, if any does."""
    cause: Cause = decode(
        message.topic, message.data, DedupeCompleted, MartCompleted, MartRequested
    )
    for name in chain.marts_after(cause, catalog()):
        clock.check()
        yield MartCompleted(
            **following(cause, MartCompleted, name),
            mart=name,
            days=cause.days,
            rows=_rebuild(catalog().mart(name), cause),
            dataset=None if isinstance(cause, MartRequested) else cause.dataset,
            batch_id=None if isinstance(cause, MartRequested) else cause.batch_id,
        )


def _rebuild(mart: Mart, cause: Cause) -> int:
    """Replace the days of each table; returns the rows that the tables then have there."""
    return sum(_replace_days(table, cause) for table in mart.tables)


def _replace_days(table: str, cause: Cause) -> int:
    schema = table_schema(table)
    names = {"table": deployed(table), "day": str(schema.day)}
    replace = statement(
        "mart/replace_days.sql", query=query_of(table), columns=", ".join(schema.columns), **names
    )
    count = statement("mart/count_days.sql", **names)
    rows = 0
    for number, bound in enumerate(warehouse.bounds(cause.days)):
        job_id = warehouse.job_name("mart", cause.event_id, deployed(table), str(number))
        warehouse.execute(replace, bound.parameters, step=f"mart-{table}", job_id=job_id)
        rows += warehouse.query(count, bound.parameters, step="mart-count")[0]["row_count"]
    return rows
