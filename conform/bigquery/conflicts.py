"""What conflicts with what, when transactions and statements change one table at once."""

from time import sleep

from conform.answers import DONE, at_once, outcome
from conform.bigquery.warehouse import CENTS, DOCS, SECONDS, Warehouse, committed
from conform.place import Place
from conform.probes import Json, probe

CONCURRENCY = f"{DOCS}/transactions#transaction_concurrency"
ABORTED = {
    "status": 400,
    "reason": "invalidQuery",
    "message": "…Transaction is aborted due to concurrent update against table …",
}
# Long enough for a statement that waits for nothing to be done.
WATCHED_SECONDS = 5.0
RIVALS = 5


def _beside(place: Place, first: str, second: str, values: str = "(1), (2)") -> Json:
    """Run a transaction while another is open; `{table}` is the table of both."""
    warehouse = Warehouse(place)
    table = warehouse.table(values=values)
    with warehouse.transaction() as opened:
        opened.run(first.format(table=table))
        other = outcome(warehouse.run, committed(second.format(table=table)))
        ended = outcome(opened.commit)
    return {"first": ended, "second": other, "rows": warehouse.numbers(table)}


@probe(
    "Of two transactions that update one table, the second is cancelled.",
    source=CONCURRENCY,
    expected={"first": DONE, "second": ABORTED, "rows": [11, 12]},
    seconds=SECONDS,
    cents=CENTS,
)
def second_update_is_cancelled(place: Place) -> Json:
    update = "UPDATE {table} SET n = n + 10 WHERE TRUE"
    return _beside(place, update, update)


@probe(
    "Two transactions that update different rows of one table conflict too.",
    source=CONCURRENCY,
    expected={"first": DONE, "second": ABORTED, "rows": [2, 11]},
    seconds=SECONDS,
    cents=CENTS,
)
def other_rows_of_the_table_conflict(place: Place) -> Json:
    return _beside(
        place,
        "UPDATE {table} SET n = 11 WHERE n = 1",
        "UPDATE {table} SET n = 12 WHERE n = 2",
    )


@probe(
    "A transaction that deletes rows conflicts with one that merges into the table.",
    source=CONCURRENCY,
    expected={"first": DONE, "second": ABORTED, "rows": [2]},
    seconds=SECONDS,
    cents=CENTS,
)
def delete_and_merge_conflict(place: Place) -> Json:
    return _beside(
        place,
        "DELETE FROM {table} WHERE n = 1",
        "MERGE {table} AS target USING (SELECT 2 AS n) AS source ON target.n = source.n"
        " WHEN MATCHED THEN UPDATE SET n = 12",
    )


@probe(
    "A transaction that updates a table which another has updated since its snapshot is cancelled.",
    source=CONCURRENCY,
    expected={"between": DONE, "late": ABORTED, "rows": [11]},
    seconds=SECONDS,
    cents=CENTS,
)
def change_since_the_snapshot_conflicts(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table(values="(1)")
    with warehouse.transaction() as opened:
        opened.value(f"SELECT n FROM {table}")
        between = outcome(warehouse.run, committed(f"UPDATE {table} SET n = n + 10 WHERE TRUE"))
        late = outcome(opened.run, f"UPDATE {table} SET n = n + 100 WHERE TRUE")
    return {"between": between, "late": late, "rows": warehouse.numbers(table)}


@probe(
    "Transactions that only insert into one table commit side by side.",
    source=CONCURRENCY,
    expected={"first": DONE, "second": DONE, "rows": [1, 2, 3, 4]},
    seconds=SECONDS,
    cents=CENTS,
)
def inserts_commit_side_by_side(place: Place) -> Json:
    return _beside(
        place, "INSERT INTO {table} (n) VALUES (3)", "INSERT INTO {table} (n) VALUES (4)"
    )


@probe(
    "A transaction may insert into a table that another updates.",
    source=CONCURRENCY,
    expected={"first": DONE, "second": DONE, "rows": [3, 11, 12]},
    seconds=SECONDS,
    cents=CENTS,
)
def insert_beside_an_update_commits(place: Place) -> Json:
    return _beside(
        place,
        "UPDATE {table} SET n = n + 10 WHERE TRUE",
        "INSERT INTO {table} (n) VALUES (3)",
    )


@probe(
    "A transaction may update a table into which another has only inserted.",
    source=CONCURRENCY,
    expected={"first": DONE, "second": DONE, "rows": [3, 11, 12]},
    seconds=SECONDS,
    cents=CENTS,
)
def update_beside_an_insert_commits(place: Place) -> Json:
    return _beside(
        place,
        "INSERT INTO {table} (n) VALUES (3)",
        "UPDATE {table} SET n = n + 10 WHERE TRUE",
    )


@probe(
    "Transactions that update different tables commit side by side.",
    source=CONCURRENCY,
    expected={"first": DONE, "second": DONE},
    seconds=SECONDS,
    cents=CENTS,
)
def other_tables_do_not_conflict(place: Place) -> Json:
    warehouse = Warehouse(place)
    one, other = (warehouse.table(values="(1)") for _ in range(2))
    with warehouse.transaction() as opened:
        opened.run(f"UPDATE {one} SET n = 2 WHERE TRUE")
        second = outcome(warehouse.run, committed(f"UPDATE {other} SET n = 2 WHERE TRUE"))
        return {"first": outcome(opened.commit), "second": second}


@probe(
    "A load job appends to a table that an open transaction has updated.",
    source=CONCURRENCY,
    expected={"load": DONE, "transaction": DONE, "rows": [2, 3]},
    seconds=SECONDS,
    cents=CENTS,
)
def load_beside_an_update_appends(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table(values="(1)")
    uri = warehouse.file({"n": 3})
    with warehouse.transaction() as opened:
        opened.run(f"UPDATE {table} SET n = 2 WHERE TRUE")
        load = outcome(warehouse.load, table, uri)
        committed_ = outcome(opened.commit)
    return {"load": load, "transaction": committed_, "rows": warehouse.numbers(table)}


@probe(
    "A query reads a table that an open transaction has updated, as it was before.",
    source=CONCURRENCY,
    expected=[[1], [2]],
    seconds=SECONDS,
    cents=CENTS,
)
def reads_wait_for_nothing(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table(values="(1)")
    with warehouse.transaction() as opened:
        opened.run(f"UPDATE {table} SET n = 2 WHERE TRUE")
        before = warehouse.numbers(table)
        opened.commit()
    return [before, warehouse.numbers(table)]


@probe(
    "An UPDATE outside of transactions waits for an open one that has updated the table.",
    source=CONCURRENCY,
    expected={"waits": True, "outcome": DONE, "rows": [111]},
    seconds=SECONDS,
    cents=CENTS,
)
def lone_update_waits(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table(values="(1)")
    with warehouse.transaction() as opened:
        opened.run(f"UPDATE {table} SET n = n + 10 WHERE TRUE")
        lone = warehouse.start(f"UPDATE {table} SET n = n + 100 WHERE TRUE")
        sleep(WATCHED_SECONDS)
        waits = not lone.done(reload=True)
        opened.commit()
    ended = outcome(lone.result, timeout=SECONDS)
    return {"waits": waits, "outcome": ended, "rows": warehouse.numbers(table)}


@probe(
    "Of UPDATEs at once outside of transactions none is lost: each takes effect or fails.",
    source=f"{DOCS}/data-manipulation-language#dml_statement_conflicts",
    expected={"lost": 0},
    seconds=SECONDS,
    cents=CENTS,
)
def lone_updates_lose_nothing(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table(values="(0)")
    add = f"UPDATE {table} SET n = n + 1 WHERE TRUE"
    outcomes = at_once([lambda: warehouse.run(add)] * RIVALS)
    return {"lost": outcomes.count(DONE) - warehouse.numbers(table)[0]}
