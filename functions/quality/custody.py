"""The chain of custody: raw rows as they landed, each mart's rows as its query makes them.

A chain looks at its own days and marts, the audit at all of history.
"""

from collections.abc import Iterator, Mapping

from functions.quality.checks import Check, Part, Scope
from functions.quality.raw_tables import row_key
from shared.catalog import Dataset, Mart, MartTable, RawTable, catalog
from shared.fingerprints import PULLED_AT, measured_fields
from shared.fingerprints.statements import differences, found
from shared.schemas import Field
from shared.statements import deployed, query_of, statement
from shared.warehouse.log import log_table
from shared.warehouse.marts import behind_query

AS_LANDED = "as landed"
AS_ITS_QUERY = "as its query"
_COLUMNS_EXPECTED = "SELECT * FROM expected_rows"


def parts(scope: Scope) -> Iterator[Part]:
    """Give the check of each mart that is to be looked at: its rows of the days asked for."""
    for mart in scope.marts:
        behind = {f"behind_{mart.name}": behind_query(mart)}
        yield from (_as_its_query(mart, table, behind) for table in mart.tables)


def audit_parts(scope: Scope) -> Iterator[Part]:
    """Give the check of every raw table of the pipeline."""
    for dataset in catalog().datasets.values():
        if dataset.pipeline.name == scope.pipeline.name:
            yield from (_as_landed(dataset, table) for table in dataset.tables)


def _as_landed(dataset: Dataset, table: RawTable) -> Part:
    check = Check(
        name=AS_LANDED,
        subject=table.address,
        expected="what landed, value by value",
        look=f"SELECT * FROM {deployed('ops.fingerprints')} WHERE table_name = '{table.address}' "
        "ORDER BY entered_at DESC LIMIT 20",
        mend="`python -m operations audit` names the rows; "
        f"`python -m operations refill {dataset.name}` loads them again",
        dataset=dataset.name,
    )
    fields = [each.name for each in measured_fields(table)]
    rows = statement(
        "quality/every_row.sql",
        columns=", ".join([*fields, "_batch_id", "_row", PULLED_AT]),
        raw=deployed(table.address),
        superseded=deployed(table.superseded),
        day=str(table.day),
    )
    sql = statement(
        "quality/as_landed.sql",
        log=log_table(dataset.log),
        table_name=table.address,
        differences=differences(_COLUMNS_EXPECTED, found(table, rows)),
    )
    return Part((check,), sql)


def _as_its_query(mart: Mart, table: MartTable, behind: Mapping[str, str]) -> Part:
    check = Check(
        name=AS_ITS_QUERY,
        subject=table.address,
        expected="what its query gives on the versions of its inputs",
        look=f"SELECT * FROM {deployed(table.address)} ORDER BY _version DESC LIMIT 20",
        mend=f"`POST /mart/update/{mart.name}` rebuilds it",
    )
    day = table.schema.day
    days_behind = f"SELECT day FROM {', '.join(behind)}"
    columns = [each.name for each in table.schema.fields if each.name != "_version"]
    sql = statement(
        "quality/as_its_query.sql",
        address=table.address,
        table=deployed(table.address),
        log=log_table(mart.log),
        query=query_of(table.address),
        columns=", ".join(columns),
        stored_columns=", ".join(f"stored.{name}" for name in columns),
        row_key=row_key(table.key, "sides"),
        is_asked=f"stored.{day} BETWEEN @from AND @to AND stored.{day} IN UNNEST(@days)"
        if day
        else "TRUE",
        is_up_to_date=f"{day} NOT IN ({days_behind})" if day else f"NOT EXISTS ({days_behind})",
        texts=",\n".join(_text(e) for e in table.schema.fields if e.name not in table.key),
    )
    return Part((check,), sql, sources=behind)


def _text(field: Field) -> str:
    """A column's value as text; of a FLOAT64 the digits that any order of adding keeps."""
    value = f"ROUND({field.name}, 9)" if field.type == "FLOAT64" else field.name
    return f"      STRUCT('{field.name}' AS name, CAST({value} AS STRING) AS value)"
