"""The script of a mart, rendered from the catalogue, `sql/mart/` and its tables' queries."""

import re

from shared.catalog import Mart, MartTable
from shared.statements import deployed, query_of, statement
from shared.warehouse.log import log_table
from shared.warehouse.marts import due_query

# A query is written over parameters. In the script they are variables, because only the transaction
# knows the days.
VARIABLES = {"@from": "due_from", "@to": "due_to", "@days": "due_days"}
PARAMETER = re.compile("|".join(rf"{name}\b" for name in VARIABLES))


def rebuild_script(mart: Mart, enter: str = "") -> str:
    """Return the script that brings a mart up to date, once `enter` has entered a request."""
    log = log_table(mart.log)
    return statement(
        "mart/rebuild.sql",
        log=log,
        enter=enter,
        due=due_query(mart),
        tables="\n".join(_replace(table) for table in mart.tables),
        counts="\nUNION ALL\n".join(_count(table) for table in mart.tables),
    )


def _replace(table: MartTable) -> str:
    columns = [name for name in table.schema.columns if name != "_version"]
    return statement(
        "mart/replace.sql",
        name=_name(table),
        table=deployed(table.address),
        superseded=deployed(table.superseded),
        query=PARAMETER.sub(lambda found: VARIABLES[found[0]], query_of(table.address)),
        columns=", ".join(columns),
        replaced_columns=", ".join(f"replaced.{column}" for column in columns),
        any_key=table.key[0],
        replaced_key=_same_key(table, "replaced"),
        current_key=_same_key(table, "current_rows"),
        replaced_is_due=_is_due(table, "replaced"),
        current_is_due=_is_due(table, "current_rows"),
        replaced_differs=_differs(table, "replaced"),
        current_differs=_differs(table, "current_rows"),
        assignments=", ".join(f"{column} = fresh.{column}" for column in columns),
    )


def _count(table: MartTable) -> str:
    return (
        f"SELECT AS STRUCT '{table.address}' AS table_name, CAST(NULL AS STRING) AS batch_id, "
        "CAST(NULL AS STRING) AS business_unit, COUNT(*) AS kept, 0 AS superseded "
        f"FROM fresh_{_name(table)}"
    )


def _name(table: MartTable) -> str:
    return table.address.partition(".")[2]


def _same_key(table: MartTable, rows: str) -> str:
    return " AND ".join(f"{rows}.{column} = fresh.{column}" for column in table.key)


def _is_due(table: MartTable, rows: str) -> str:
    """The condition that a row is of the days to rebuild; a table without days is made whole."""
    day = table.schema.day
    if day is None:
        return "TRUE"
    return f"{rows}.{day} BETWEEN due_from AND due_to AND {rows}.{day} IN UNNEST(due_days)"


def _differs(table: MartTable, rows: str) -> str:
    others = [c for c in table.schema.columns if c not in (*table.key, "_version")]
    return " OR ".join(f"{rows}.{column} IS DISTINCT FROM fresh.{column}" for column in others)
