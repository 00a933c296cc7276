"""Statements translated once: bqemulator's dozen passes take longer than most statements run."""

from collections import OrderedDict
from typing import Any

from bqemulator.api.dependencies import AppContext
from bqemulator.row_access.identity import CallerIdentity
from bqemulator.sql.inner_query import rewrite_and_translate_statement as translate_anew

REMEMBERED_STATEMENTS = 256

# What makes a translation depend on more than the statement and the tables' schemas: on metadata,
# on the time, on which tables there are.
VOLATILE = ("INFORMATION_SCHEMA", "SYSTEM_TIME", "_TABLE_SUFFIX", "*`")

_known: OrderedDict[tuple[Any, ...], str] = OrderedDict()


async def translate(
    bq_sql: str, *, project_id: str, ctx: AppContext, caller: CallerIdentity, translator: Any
) -> str:
    """What bqemulator makes of a statement; remembered where that can't change."""
    shape = _shape(ctx)
    key = (bq_sql, project_id, caller, shape)
    if key in _known:
        _known.move_to_end(key)
        return _known[key]
    translated = await translate_anew(
        bq_sql, project_id=project_id, ctx=ctx, caller=caller, translator=translator
    )
    if shape is not None and not any(word in bq_sql.upper() for word in VOLATILE):
        _known[key] = translated
        if len(_known) > REMEMBERED_STATEMENTS:
            _known.popitem(last=False)
    return translated


def _shape(ctx: AppContext) -> tuple[Any, ...] | None:
    """All of the catalog that a translation looks at; None where that is more than tables."""
    catalog = ctx.catalog
    datasets = [(each.project_id, each.dataset_id) for each in catalog.list_all_datasets()]
    if (
        catalog.list_all_row_access_policies()
        or catalog.list_all_materialized_views()
        or any(catalog.list_routines(*dataset) for dataset in datasets)
    ):
        return None
    return tuple(
        (*dataset, table.table_id, table.view_query, table.schema_)
        for dataset in datasets
        for table in catalog.list_tables(*dataset)
    )
