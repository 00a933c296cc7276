"""Scripts: parameters, child jobs, results and errors."""

from google.cloud import bigquery

from conform.answers import outcome
from conform.bigquery.warehouse import CENTS, DOCS, SECONDS, Warehouse, committed, script
from conform.place import Place
from conform.probes import Json, probe

SCRIPTS = f"{DOCS}/multi-statement-queries"
PROCEDURAL = f"{DOCS}/reference/standard-sql/procedural-language"


@probe(
    "A query parameter has its value in every statement of a script.",
    source=SCRIPTS,
    expected=[1, 2],
    seconds=SECONDS,
    cents=CENTS,
)
def parameters_reach_every_statement(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table()
    text = committed(
        f"INSERT INTO {table} (n) VALUES (@first)",
        f"INSERT INTO {table} (n) SELECT @first + 1",
    )
    parameter = bigquery.ScalarQueryParameter("first", "INT64", 1)
    warehouse.run(text, query_parameters=[parameter])
    return warehouse.numbers(table)


@probe(
    "A parameter can be an array of structs, read in a script as a table.",
    source=f"{DOCS}/parameterized-queries",
    expected=[[1, "one"], [2, None]],
    seconds=SECONDS,
    cents=CENTS,
)
def arrays_of_structs_are_parameters(place: Place) -> Json:
    rows = [
        bigquery.StructQueryParameter(
            None,
            bigquery.ScalarQueryParameter("n", "INT64", number),
            bigquery.ScalarQueryParameter("name", "STRING", name),
        )
        for number, name in ((2, None), (1, "one"))
    ]
    return Warehouse(place).rows(
        script("DECLARE least INT64 DEFAULT 1", _PICKED),
        query_parameters=[bigquery.ArrayQueryParameter("rows", "STRUCT", rows)],
    )


_PICKED = (
    "SELECT picked.n, picked.name FROM UNNEST(@rows) AS picked WHERE picked.n >= least ORDER BY 1"
)


@probe(
    "Each statement of a script is a child job, with its type and the rows that it changed.",
    source=f"{SCRIPTS}#view_statistics_for_child_jobs",
    expected=[
        ["BEGIN_TRANSACTION", None],
        ["INSERT", 2],
        ["UPDATE", 1],
        ["COMMIT_TRANSACTION", None],
    ],
    seconds=SECONDS,
    cents=CENTS,
)
def statements_are_child_jobs(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table()
    parent = warehouse.run(
        committed(
            f"INSERT INTO {table} (n) VALUES (1), (2)", f"UPDATE {table} SET n = 3 WHERE n = 1"
        )
    )
    children = list(warehouse.client.list_jobs(parent_job=parent.job_id))[::-1]
    return [[child.statement_type, child.num_dml_affected_rows] for child in children]


@probe(
    "The result of a script is that of its last SELECT.",
    source=SCRIPTS,
    expected=[[2]],
    seconds=SECONDS,
    cents=CENTS,
)
def last_select_is_the_result(place: Place) -> Json:
    warehouse = Warehouse(place)
    insert = f"INSERT INTO {warehouse.table()} (n) VALUES (1)"
    return warehouse.rows(script("SELECT 1", "SELECT 2", insert))


@probe(
    "@@row_count is the number of rows that the last statement changed.",
    source=f"{DOCS}/reference/system-variables",
    expected=3,
    seconds=SECONDS,
    cents=CENTS,
)
def row_count_is_the_last_change(place: Place) -> Json:
    warehouse = Warehouse(place)
    insert = f"INSERT INTO {warehouse.table()} (n) VALUES (1), (2), (3)"
    return warehouse.value(script(insert, "SELECT @@row_count"))


@probe(
    "RAISE fails the script with its message.",
    source=f"{PROCEDURAL}#raise",
    expected={"status": 400, "reason": "invalidQuery", "message": "…not this one…"},
    seconds=SECONDS,
    cents=0,
)
def raise_fails_the_script(place: Place) -> Json:
    text = script("SELECT 1", "RAISE USING MESSAGE = 'not this one'")
    return outcome(Warehouse(place).run, text)


@probe(
    "A handler knows the error's message, and the script goes on after it.",
    source=f"{PROCEDURAL}#beginexceptionend",
    expected="…told…",
    seconds=SECONDS,
    cents=0,
)
def handler_knows_the_message(place: Place) -> Json:
    text = "BEGIN SELECT ERROR('told'); EXCEPTION WHEN ERROR THEN SELECT @@error.message; END;"
    return Warehouse(place).value(text)


@probe(
    "The error of a script names line and column of the statement that failed.",
    source=f"{PROCEDURAL}#beginexceptionend",
    expected={"message": "Query error: … at [2:1]"},
    seconds=SECONDS,
    cents=0,
)
def failure_names_its_place(place: Place) -> Json:
    return outcome(Warehouse(place).run, script("SELECT 1", "SELECT ERROR('told')"))


@probe(
    "A temporary table is there to the end of its script, and not in the next.",
    source=f"{SCRIPTS}#temporary_tables",
    expected={
        "within": 1,
        "after": {"status": 400, "message": "…must be qualified with a dataset…"},
    },
    seconds=SECONDS,
    cents=CENTS,
)
def temporary_tables_end_with_the_script(place: Place) -> Json:
    warehouse = Warehouse(place)
    within = warehouse.value(
        script("CREATE TEMP TABLE picked AS SELECT 1 AS n", "SELECT n FROM picked")
    )
    after = outcome(warehouse.run, "SELECT n FROM picked")
    return {"within": within, "after": after}
