"""Multi-statement transactions: what conflicts, what doesn't, and what is seen."""

from conform.answers import DONE, outcome
from conform.bigquery.warehouse import Warehouse
from conform.place import Place
from conform.probes import Json, probe

TRANSACTIONS = "https://cloud.google.com/bigquery/docs/transactions"
ABORTED = {
    "status": 400,
    "reason": "invalidQuery",
    "message": "…Transaction is aborted due to concurrent update against table …",
}
SECONDS, CENTS = 60, 0.3


def _script(*statements: str) -> str:
    return "".join(
        f"{each};\n" for each in ("BEGIN TRANSACTION", *statements, "COMMIT TRANSACTION")
    )


@probe(
    "Of two transactions that update one table, the second is cancelled.",
    source=f"{TRANSACTIONS}#transaction_concurrency",
    expected={"first": DONE, "second": ABORTED, "rows": [2]},
    seconds=SECONDS,
    cents=CENTS,
)
def second_update_is_cancelled(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table(values="(1)")
    add = f"UPDATE {table} SET n = n + 1 WHERE TRUE"
    with warehouse.transaction() as first:
        first.run(add)
        second = outcome(lambda: warehouse.run(_script(add)))
        committed = outcome(first.commit)
    return {"first": committed, "second": second, "rows": warehouse.numbers(table)}


@probe(
    "Transactions that only insert into one table commit side by side.",
    source=f"{TRANSACTIONS}#transaction_concurrency",
    expected={"first": DONE, "second": DONE, "rows": [1, 2]},
    seconds=SECONDS,
    cents=CENTS,
)
def inserts_commit_side_by_side(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table()
    with warehouse.transaction() as first:
        first.run(f"INSERT INTO {table} (n) VALUES (1)")
        second = outcome(lambda: warehouse.run(_script(f"INSERT INTO {table} (n) VALUES (2)")))
        committed = outcome(first.commit)
    return {"first": committed, "second": second, "rows": warehouse.numbers(table)}


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
        warehouse.run(_script(*(f"UPDATE {table} SET n = 2 WHERE TRUE" for table in tables)))
        within.append(reader.value(f"SELECT n FROM {tables[1]}"))
    return {"within": within, "after": [warehouse.value(f"SELECT n FROM {t}") for t in tables]}
