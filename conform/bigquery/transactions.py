"""Multi-statement transactions in a script: what they see, and what ends them."""

from conform.answers import DONE, outcome
from conform.bigquery.jobs import SLOW
from conform.bigquery.warehouse import CENTS, DOCS, SECONDS, Warehouse, committed, script
from conform.place import Place
from conform.probes import Difference, Json, probe

TRANSACTIONS = f"{DOCS}/transactions"
REFUSED = {"status": 400, "reason": "invalidQuery"}


def _left_by(place: Place, *statements: str) -> Json:
    """Run a script; `{table}` is an empty table. Return the outcome and the table's rows."""
    warehouse = Warehouse(place)
    table = warehouse.table()
    text = script(*(statement.format(table=table) for statement in statements))
    ended = outcome(warehouse.run, text)
    return {"outcome": ended, "rows": warehouse.numbers(table)}


@probe(
    "A transaction reads one snapshot of all tables: what is committed meanwhile is not in it.",
    source=TRANSACTIONS,
    expected={"within": [1, 1], "after": [2, 2]},
    seconds=SECONDS,
    cents=CENTS,
)
def snapshot_spans_tables(place: Place) -> Json:
    warehouse = Warehouse(place)
    tables = [warehouse.table(values="(1)"), warehouse.table(values="(1)")]
    with warehouse.transaction() as reader:
        within = [reader.value(f"SELECT n FROM {tables[0]}")]
        warehouse.run(committed(*(f"UPDATE {table} SET n = 2 WHERE TRUE" for table in tables)))
        within.append(reader.value(f"SELECT n FROM {tables[1]}"))
    return {"within": within, "after": [warehouse.value(f"SELECT n FROM {t}") for t in tables]}


@probe(
    "A transaction sees its own changes, and nobody else does before the COMMIT.",
    source=TRANSACTIONS,
    expected={"inside": 1, "outside": 0, "after": 1},
    seconds=SECONDS,
    cents=CENTS,
)
def own_changes_are_seen(place: Place) -> Json:
    warehouse = Warehouse(place)
    count = f"SELECT COUNT(*) FROM {(table := warehouse.table())}"
    with warehouse.transaction() as opened:
        opened.run(f"INSERT INTO {table} (n) VALUES (1)")
        inside, outside = opened.value(count), warehouse.value(count)
        opened.commit()
    return {"inside": inside, "outside": outside, "after": warehouse.value(count)}


@probe(
    "ROLLBACK undoes all changes of a transaction.",
    source=f"{TRANSACTIONS}#transaction_scope",
    expected={"outcome": DONE, "rows": []},
    seconds=SECONDS,
    cents=CENTS,
)
def rollback_undoes(place: Place) -> Json:
    insert = "INSERT INTO {table} (n) VALUES (1)"
    return _left_by(place, "BEGIN TRANSACTION", insert, "ROLLBACK TRANSACTION")


@probe(
    "A script that fails within a transaction leaves no change.",
    source=f"{TRANSACTIONS}#transaction_scope",
    expected={"outcome": {"status": 400, "message": "…told…"}, "rows": []},
    seconds=SECONDS,
    cents=CENTS,
)
def failed_script_is_rolled_back(place: Place) -> Json:
    insert = "INSERT INTO {table} (n) VALUES (1)"
    return _left_by(
        place, "BEGIN TRANSACTION", insert, "SELECT ERROR('told')", "COMMIT TRANSACTION"
    )


@probe(
    "An exception handler can roll back and pass the error on.",
    source=f"{TRANSACTIONS}#transaction_scope",
    expected={"outcome": {"status": 400, "message": "…told…"}, "rows": []},
    seconds=SECONDS,
    cents=CENTS,
)
def handler_rolls_back_and_raises(place: Place) -> Json:
    return _left_by(
        place,
        "BEGIN\nBEGIN TRANSACTION",
        "INSERT INTO {table} (n) VALUES (1)",
        "SELECT ERROR('told')",
        "COMMIT TRANSACTION",
        "EXCEPTION WHEN ERROR THEN\nROLLBACK TRANSACTION",
        "RAISE",
        "END",
    )


@probe(
    "An exception handler can commit what was done before the error.",
    source=f"{TRANSACTIONS}#transaction_scope",
    expected={"outcome": DONE, "rows": [1]},
    seconds=SECONDS,
    cents=CENTS,
    local=Difference(
        "DuckDB can only roll back after an error. No statement of Baton's commits after one.",
        {"outcome": {"status": 400, "message": "…does not support COMMIT after an error…"}},
    ),
)
def handler_may_commit(place: Place) -> Json:
    return _left_by(
        place,
        "BEGIN\nBEGIN TRANSACTION",
        "INSERT INTO {table} (n) VALUES (1)",
        "SELECT ERROR('told')",
        "EXCEPTION WHEN ERROR THEN\nCOMMIT TRANSACTION",
        "END",
    )


@probe(
    "A script that ends before its COMMIT leaves no change.",
    source=f"{TRANSACTIONS}#transaction_scope",
    expected={"rows": []},
    seconds=SECONDS,
    cents=CENTS,
)
def script_without_commit_is_rolled_back(place: Place) -> Json:
    return _left_by(place, "BEGIN TRANSACTION", "INSERT INTO {table} (n) VALUES (1)")


@probe(
    "A script that is cancelled within a transaction leaves no change.",
    source=f"{TRANSACTIONS}#transaction_scope",
    expected={"outcome": {"reason": "stopped"}, "rows": []},
    seconds=SECONDS,
    cents=CENTS,
)
def cancelled_script_is_rolled_back(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table()
    job = warehouse.start(committed(f"INSERT INTO {table} (n) VALUES (1)", SLOW))
    job.cancel()
    ended = outcome(job.result, timeout=SECONDS, job_retry=None)
    return {"outcome": ended, "rows": warehouse.numbers(table)}


@probe(
    "A transaction can't begin within another.",
    source=f"{TRANSACTIONS}#limitations",
    expected={"outcome": REFUSED, "rows": []},
    seconds=SECONDS,
    cents=CENTS,
)
def nested_transaction_is_refused(place: Place) -> Json:
    insert = "INSERT INTO {table} (n) VALUES (1)"
    return _left_by(place, "BEGIN TRANSACTION", insert, "BEGIN TRANSACTION", "COMMIT TRANSACTION")


@probe(
    "COMMIT without a transaction is an error.",
    source=f"{DOCS}/reference/standard-sql/procedural-language#commit_transaction",
    expected={"outcome": REFUSED},
    seconds=SECONDS,
    cents=CENTS,
)
def commit_without_a_transaction_is_refused(place: Place) -> Json:
    return _left_by(place, "SELECT 1", "COMMIT TRANSACTION")


@probe(
    "A permanent table can't be created or dropped within a transaction.",
    source=f"{TRANSACTIONS}#limitations",
    expected={"create": REFUSED, "drop": REFUSED},
    seconds=SECONDS,
    cents=CENTS,
)
def ddl_is_refused(place: Place) -> Json:
    warehouse = Warehouse(place)
    create = f"CREATE TABLE {warehouse.name()} (n INT64)"
    drop = f"DROP TABLE {warehouse.table()}"
    return {
        "create": outcome(warehouse.run, committed(create)),
        "drop": outcome(warehouse.run, committed(drop)),
    }


@probe(
    "Temporary tables can be made and changed within a transaction.",
    source=TRANSACTIONS,
    expected={"outcome": DONE, "rows": [1, 2]},
    seconds=SECONDS,
    cents=CENTS,
)
def temporary_tables_are_allowed(place: Place) -> Json:
    return _left_by(
        place,
        "BEGIN TRANSACTION",
        "CREATE TEMP TABLE picked AS SELECT 1 AS n",
        "INSERT INTO picked (n) VALUES (2)",
        "INSERT INTO {table} (n) SELECT n FROM picked",
        "COMMIT TRANSACTION",
    )


@probe(
    "Within a transaction, CURRENT_TIMESTAMP() is the time at which it began.",
    source=TRANSACTIONS,
    expected={"times": 1},
    seconds=SECONDS,
    cents=CENTS,
)
def clock_stands_still(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table("seen TIMESTAMP")
    insert = f"INSERT INTO {table} (seen) VALUES (CURRENT_TIMESTAMP())"
    warehouse.run(committed(insert, insert))
    return {"times": warehouse.value(f"SELECT COUNT(DISTINCT seen) FROM {table}")}
