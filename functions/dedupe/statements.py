"""The dedupe script of a dataset, rendered from the catalogue and `sql/dedupe/`."""

from collections.abc import Mapping, Sequence

from shared.catalog import Dataset, RawTable
from shared.event import derived_id
from shared.schemas import table_schema
from shared.statements import deployed, statement
from shared.warehouse.keys import key_text
from shared.warehouse.log import log_table

TECHNICAL = ("_batch_id", "_pulled_at", "_row", "_filled")

# What a transaction is said to be for, where several kinds of work wait: the first of these.
CAUSES = ("refill", "deploy", "withdrawal", "confirm", "rebuild")

# Staging tables by the address of their raw table.
Staging = Mapping[str, Sequence[str]]


def settle_script(dataset: Dataset, staging: Staging, *, judged: bool) -> str:
    """Return the script that settles a dataset.

    Rows arrive from the `staging` tables. With `judged`, pulls that would remove too much are held
    back.
    """
    log = log_table(dataset.log)
    first = dataset.tables[0]
    judging = judged and first.max_removed_share < 1
    return statement(
        "dedupe/settle.sql",
        log=log,
        settling=statement(
            "dedupe/settling.sql",
            log=log,
            settled=statement("dedupe/settled.sql", log=log),
            answered=statement("dedupe/answered.sql", log=log),
            judged=_judge(first, staging, log) if judging else statement("dedupe/unjudged.sql"),
        ),
        decisions="\n".join(f"{_decide(table, staging, log)};" for table in dataset.tables),
        outcome=statement("dedupe/outcome.sql", moved=_moved(dataset)),
        moves="\n".join(
            [
                *(_render("move.sql", table, staging, log) for table in dataset.tables),
                statement("dedupe/record_moves.sql", moved=_moved(dataset)),
            ]
        ),
    )


def look_query(dataset: Dataset) -> str:
    """Return the query for what waits, and for the versions that a message asks about."""
    log = log_table(dataset.log)
    answered = statement("dedupe/answered.sql", log=log)
    waiting = statement("dedupe/waiting.sql", log=log, answered=answered)
    return statement("dedupe/look.sql", log=log, waiting=waiting)


def every_day_query(dataset: Dataset) -> str:
    """Return the query for all days with rows that partial versions have not decided on yet."""
    parts = [
        f"SELECT {table.day} AS day FROM {deployed(address)} "
        f"WHERE {table.day} BETWEEN @first_day AND @last_day"
        for table in dataset.tables
        for address in (table.address, table.superseded)
    ]
    days = "\nUNION DISTINCT\n".join(parts)
    return statement("dedupe/every_day.sql", log=log_table(dataset.log), days=days)


def rules_hash(dataset: Dataset) -> str:
    """Return a hash of what decides on the dataset's rows: its SQL and its catalogue entry."""
    no_staging: Staging = {}
    log = log_table(dataset.log)
    return derived_id(*(_decide(table, no_staging, log) for table in dataset.tables))


def _moved(dataset: Dataset) -> str:
    parts = [
        f"SELECT '{table.address}' AS table_name, * FROM moved_{table.name}"
        for table in dataset.tables
    ]
    return "\nUNION ALL\n".join(parts)


def _judge(table: RawTable, staging: Staging, log: str) -> str:
    losses = _render("losses.sql", table, staging, log)
    return statement("dedupe/judge.sql", losses=losses)


def _decide(table: RawTable, staging: Staging, log: str) -> str:
    parts = {
        name: _render(f"{name}.sql", table, staging, log)
        for name in ("settled", "arriving", "versions", "pulls")
    }
    return _render("decide.sql", table, staging, log, **parts)


def _render(file: str, table: RawTable, staging: Staging, log: str, **parts: str) -> str:
    names = {**_tables(table, log), **_columns(table), **_conditions(table), **parts}
    return statement(f"dedupe/{file}", staged=_staged(table, staging), **names)


def _tables(table: RawTable, log: str) -> dict[str, str]:
    return {
        "log": log,
        "name": table.name,
        "address": table.address,
        "raw": deployed(table.address),
        "superseded": deployed(table.superseded),
    }


def _columns(table: RawTable) -> dict[str, str]:
    key = table.identity
    needed = (*key, table.day, table.business_unit, *table.prefer, *TECHNICAL)
    columns = [column for column in dict.fromkeys(needed) if column is not None]
    return {
        "day": str(table.day),
        "keys": ", ".join(key),
        "version_keys": ", ".join(f"versions.{column}" for column in key),
        "decision_columns": ", ".join(columns),
        "columns": ", ".join(table.schema.columns),
        "lost_columns": ", ".join(f"lost.{column}" for column in table.schema.columns),
        "placed_columns": ", ".join(f"placed.{column}" for column in table.schema.columns),
        "superseded_columns": ", ".join(table_schema(table.superseded).columns),
    }


def _conditions(table: RawTable) -> dict[str, str]:
    unit = table.business_unit
    touched = f"{table.day} BETWEEN @from AND @to AND {table.day} IN UNNEST(@days)"
    everywhere = f"{table.day} BETWEEN @first_day AND @last_day"
    stays = not table.key or table.day in table.key
    return {
        "same_key": " AND ".join(f"placed_rows.{c} = touched_keys.{c}" for c in table.identity),
        "preference": _preference(table, "versions"),
        "source_preference": _preference(table, "source"),
        # Versions are looked for everywhere only if a key can change its day.
        "extent": "@from AND @to" if stays else "@first_day AND @last_day",
        "touched": everywhere if table.replace else touched,
        "unit": _unit(unit, ""),
        "staged_unit": _unit(unit, "staged."),
        "version_unit": _unit(unit, "versions."),
        "ranked_unit": _unit(unit, "ranked."),
        "ranked_is_covered": _covers(table, f"ranked.{table.day}", _unit(unit, "ranked.")),
        "standing_is_covered": _covers(table, "standing.day", "standing.unit"),
        "key_text": key_text(table.identity, "placed_rows"),
        "row_key_text": key_text(table.identity, "source"),
        "removed": "COUNTIF(next_touches.is_missing)" if table.key else _fewer(),
        "supersedes_window": "TRUE" if table.supersede_window else "FALSE",
    }


def _preference(table: RawTable, rows: str) -> str:
    """The order of versions of one key, the best first."""
    order = [
        f"{rows}._pulled_at DESC",
        f"{rows}._batch_id DESC",
        f"{rows}._filled DESC",
        *(f"{rows}.{column} DESC NULLS LAST" for column in table.prefer),
        f"{rows}._row",
    ]
    return ", ".join(order)


def _fewer() -> str:
    """How many rows fewer there would be: without a key no row is known again."""
    return "GREATEST(COUNT(*) - COALESCE(MAX(brought_units.brought), 0), 0)"


def _unit(column: str | None, prefix: str) -> str:
    return f"{prefix}{column}" if column else "CAST(NULL AS STRING)"


def _covers(table: RawTable, day: str, unit: str) -> str:
    """The condition that a pull speaks for a row's day and business unit."""
    in_window = "TRUE" if table.replace else f"{day} BETWEEN pulls.window_from AND pulls.window_to"
    return f"{in_window} AND (pulls.business_unit IS NULL OR pulls.business_unit = {unit})"


def _staged(table: RawTable, staging: Staging) -> str:
    """The rows in the staging tables; none, in the right types, where there is no such table."""
    columns = ", ".join(table.schema.columns)
    parts = [
        f"SELECT {columns} FROM {deployed(address)} WHERE _is_rejected IS NOT TRUE "
        "AND (@is_refill OR _batch_id IN UNNEST(@arriving))"
        for address in staging.get(table.address, ())
    ]
    nothing = f"SELECT {columns} FROM {deployed(table.address)} WHERE {table.day} = @from AND FALSE"
    return "\nUNION ALL\n".join(parts or [nothing])
