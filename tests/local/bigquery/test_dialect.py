"""SQL that our statements are made of, and that the local engine must run as BigQuery does."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from google.cloud import bigquery

Run = Callable[..., tuple[list[tuple[Any, ...]], bigquery.QueryJob]]
Scalar = bigquery.ScalarQueryParameter
Array = bigquery.ArrayQueryParameter

FIRST, SECOND, THIRD = date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3)


@pytest.fixture
def run(client: bigquery.Client, table: str) -> Run:
    """Run a statement, with `facts` for the table's name; return its rows and its job."""

    def run_statement(sql: str, *parameters: Any) -> Any:
        config = bigquery.QueryJobConfig(query_parameters=parameters)
        job = client.query(sql.replace("facts", table), job_config=config)
        return [tuple(row.values()) for row in job.result()], job

    return run_statement


@pytest.fixture
def filled(run: Run) -> None:
    run("""
        INSERT INTO facts (day, job, name, amount) VALUES
          ('2024-01-01', 1, 'Ada', NUMERIC '1.10'),
          ('2024-01-01', 2, 'Ben', NUMERIC '2.20'),
          ('2024-01-02', 3, 'Cem', NUMERIC '3.30'),
          ('2024-01-03', 4, 'Dot', NULL)
    """)


JOBS = "SELECT job FROM facts ORDER BY job"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("DATE", FIRST),
        ("STRING", "it's $1 @name ?"),
        ("STRING", None),
        ("BOOL", True),
        ("INT64", -(2**53)),
        ("NUMERIC", Decimal("12345678901234567890.123456789")),
        ("TIMESTAMP", datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)),
        ("FLOAT64", 0.5),
    ],
)
def test_a_scalar_parameter_comes_back_as_it_went(run: Run, kind: str, value: object) -> None:
    assert run("SELECT @value AS value", Scalar("value", kind, value))[0] == [(value,)]


@pytest.mark.parametrize(
    ("kind", "values"),
    [("DATE", [FIRST, SECOND]), ("STRING", ["a", "b"]), ("DATE", []), ("STRING", [])],
)
def test_an_array_parameter_comes_back_as_it_went(run: Run, kind: str, values: Any) -> None:
    sql = "SELECT value FROM UNNEST(@values) AS value ORDER BY value"

    assert run(sql, Array("values", kind, values))[0] == [(value,) for value in values]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("every_day", "days", "expected"),
    [
        (False, [FIRST, THIRD], [1, 2, 4]),
        (False, [], []),
        (True, [], [1, 2, 3, 4]),
        (True, [FIRST], [1, 2, 3, 4]),
    ],
)
def test_some_days_or_every_day(run: Run, every_day: bool, days: Any, expected: Any) -> None:
    rows, _ = run(
        "SELECT job FROM facts WHERE @every_day OR day IN UNNEST(@days) ORDER BY job",
        Scalar("every_day", "BOOL", every_day),
        Array("days", "DATE", days),
    )

    assert [job for (job,) in rows] == expected


@pytest.mark.usefixtures("filled")
def test_a_null_parameter_turns_a_filter_off(run: Run) -> None:
    sql = "SELECT COUNT(*) FROM facts WHERE @name IS NULL OR name = @name"

    assert run(sql, Scalar("name", "STRING", None))[0] == [(4,)]


def test_an_array_of_structs_is_a_table(run: Run) -> None:
    pairs = [
        bigquery.StructQueryParameter(None, Scalar("day", "DATE", day), Scalar("n", "INT64", n))
        for day, n in ((FIRST, 1), (SECOND, 2))
    ]
    sql = "SELECT pair.day, pair.n FROM UNNEST(@pairs) AS pair ORDER BY pair.n"

    assert run(sql, Array("pairs", "STRUCT", pairs))[0] == [(FIRST, 1), (SECOND, 2)]


REPLACE_DAYS = """
    MERGE INTO facts AS target
    USING (
      WITH days AS (SELECT day FROM UNNEST(@days) AS day),
      made AS (
        SELECT day, 10 AS job, 'new' AS name FROM days
        UNION ALL
        SELECT day, 20 AS job, 'newer' AS name FROM days
      )
      SELECT day, job, name FROM made
    ) AS source
    ON FALSE
    WHEN NOT MATCHED BY SOURCE AND target.day BETWEEN @first AND @last
      AND target.day IN UNNEST(@days) THEN DELETE
    WHEN NOT MATCHED BY TARGET THEN
      INSERT (day, job, name) VALUES (source.day, source.job, source.name)
"""


@pytest.mark.usefixtures("filled")
def test_a_merge_replaces_days_whole_and_leaves_the_rest(run: Run) -> None:
    bounds = Scalar("first", "DATE", FIRST), Scalar("last", "DATE", THIRD)
    _, job = run(REPLACE_DAYS, *bounds, Array("days", "DATE", [FIRST, THIRD]))

    rows, _ = run("SELECT day, job FROM facts ORDER BY day, job")
    assert rows == [(FIRST, 10), (FIRST, 20), (SECOND, 3), (THIRD, 10), (THIRD, 20)]
    assert job.num_dml_affected_rows == 3 + 4


@pytest.mark.usefixtures("filled")
def test_a_merge_without_days_changes_nothing(run: Run) -> None:
    bounds = Scalar("first", "DATE", FIRST), Scalar("last", "DATE", THIRD)
    _, job = run(REPLACE_DAYS, *bounds, Array("days", "DATE", []))

    assert job.num_dml_affected_rows == 0
    assert run("SELECT COUNT(*) FROM facts")[0] == [(4,)]


@pytest.mark.usefixtures("filled")
def test_a_merge_by_key_updates_and_inserts(run: Run) -> None:
    _, job = run("""
        MERGE INTO facts AS target
        USING (
          SELECT DATE '2024-01-01' AS day, 1 AS job, 'Abe' AS name
          UNION ALL SELECT DATE '2024-01-04', 5, 'Eve'
        ) AS source
        ON target.job = source.job AND target.day BETWEEN '2024-01-01' AND '2024-01-04'
        WHEN MATCHED AND target.name <> source.name THEN UPDATE SET name = source.name
        WHEN NOT MATCHED THEN INSERT (day, job, name) VALUES (day, job, name)
    """)

    assert job.num_dml_affected_rows == 2
    assert run("SELECT name FROM facts WHERE job IN (1, 5) ORDER BY job")[0] == [("Abe",), ("Eve",)]


def test_qualify_keeps_the_first_of_each_key(run: Run) -> None:
    rows, _ = run("""
        WITH pulls AS (
          SELECT 1 AS job, 10 AS pulled, 'old' AS name
          UNION ALL SELECT 1, 20, 'new'
          UNION ALL SELECT 2, 10, 'only'
        )
        SELECT job, name FROM pulls
        QUALIFY ROW_NUMBER() OVER (PARTITION BY job ORDER BY pulled DESC, name) = 1
        ORDER BY job
    """)

    assert rows == [(1, "new"), (2, "only")]


@pytest.mark.usefixtures("filled")
def test_rows_are_deleted_where_another_exists(run: Run) -> None:
    _, job = run("""
        DELETE FROM facts AS older
        WHERE older.day BETWEEN '2024-01-01' AND '2024-01-03'
          AND EXISTS (
            SELECT 1 FROM facts AS newer
            WHERE newer.day = older.day AND newer.job > older.job
          )
    """)

    assert job.num_dml_affected_rows == 1
    assert run(JOBS)[0] == [(2,), (3,), (4,)]


@pytest.mark.usefixtures("filled")
def test_rows_are_selected_where_no_other_exists(run: Run) -> None:
    rows, _ = run("""
        SELECT older.job FROM facts AS older
        WHERE NOT EXISTS (
          SELECT 1 FROM facts AS newer WHERE newer.day = older.day AND newer.job > older.job
        )
        ORDER BY older.job
    """)

    assert rows == [(2,), (3,), (4,)]


@pytest.mark.usefixtures("filled")
def test_rows_are_inserted_from_a_query(run: Run) -> None:
    _, job = run("""
        INSERT INTO facts (day, job, name)
        WITH doubled AS (SELECT day, job * 10 AS job, name FROM facts)
        SELECT day, job, name FROM doubled WHERE day = @day
    """, Scalar("day", "DATE", FIRST))  # fmt: skip

    assert job.num_dml_affected_rows == 2
    assert run(JOBS)[0] == [(1,), (2,), (3,), (4,), (10,), (20,)]


@pytest.mark.usefixtures("filled")
def test_money_stays_exact(run: Run) -> None:
    rows, _ = run("""
        SELECT
          SUM(amount),
          ROUND(SUM(amount) / 3, 2),
          COALESCE(MAX(IF(job = 4, amount, NULL)), 0),
          SUM(amount * 2),
          SUM(amount) - MAX(amount)
        FROM facts
    """)

    assert rows == [tuple(map(Decimal, ("6.60", "2.20", "0", "13.20", "3.30")))]


@pytest.mark.usefixtures("filled")
def test_a_ratio_of_money_is_null_over_nothing(run: Run) -> None:
    sql = "SELECT SAFE_DIVIDE(amount, 0), ROUND(SAFE_DIVIDE(amount, 4) * 100, 2) FROM facts"

    assert run(f"{sql} WHERE job = 2")[0] == [(None, Decimal("55.00"))]


def test_json_is_read_by_path(run: Run) -> None:
    run("""INSERT INTO facts (day, raw) VALUES ('2024-01-01', JSON '{"a": {"b": 7}, "c": "x"}')""")

    sql = (
        "SELECT JSON_VALUE(raw, '$.a.b'), JSON_VALUE(raw, '$.c'), JSON_VALUE(raw, '$.d') FROM facts"
    )
    assert run(sql)[0] == [("7", "x", None)]


def test_dates_are_computed(run: Run) -> None:
    rows, _ = run("""
        SELECT
          DATE(TIMESTAMP '2024-01-02 05:00:00+00', 'America/Phoenix'),
          DATE_SUB(DATE '2024-03-01', INTERVAL 1 DAY),
          DATE_DIFF(DATE '2024-03-01', DATE '2024-02-01', DAY),
          DATE_TRUNC(DATE '2024-02-17', MONTH),
          ARRAY_LENGTH(GENERATE_DATE_ARRAY(DATE '2024-01-01', DATE '2024-01-07'))
    """)

    assert rows == [(FIRST, date(2024, 2, 29), 29, date(2024, 2, 1), 7)]


@pytest.mark.usefixtures("filled")
def test_rows_are_counted_and_collected(run: Run) -> None:
    rows, _ = run("""
        SELECT
          COUNTIF(amount IS NULL),
          ARRAY_AGG(DISTINCT day ORDER BY day),
          STRING_AGG(name, ',' ORDER BY name),
          ANY_VALUE(name HAVING MAX job)
        FROM facts
    """)

    assert rows == [(1, [FIRST, SECOND, THIRD], "Ada,Ben,Cem,Dot", "Dot")]


@pytest.mark.usefixtures("filled")
def test_a_full_join_and_a_left_join_to_a_grouped_query(run: Run) -> None:
    rows, _ = run("""
        WITH money AS (SELECT day, SUM(amount) AS total FROM facts GROUP BY day),
        planned AS (SELECT day FROM UNNEST([DATE '2024-01-02', DATE '2024-01-04']) AS day)
        SELECT COALESCE(money.day, planned.day) AS day, money.total
        FROM money
        FULL OUTER JOIN planned ON money.day = planned.day
        ORDER BY day
    """)

    assert [(str(day), total) for day, total in rows] == [
        ("2024-01-01", Decimal("3.30")),
        ("2024-01-02", Decimal("3.30")),
        ("2024-01-03", None),
        ("2024-01-04", None),
    ]


@pytest.mark.parametrize("most", [1, 2])
def test_the_first_of_no_rows_are_no_rows(run: Run, most: int) -> None:
    rows, _ = run(
        """
        WITH days AS (SELECT day FROM facts GROUP BY day),
        newest AS (SELECT day FROM days QUALIFY ROW_NUMBER() OVER (ORDER BY day DESC) <= @most)
        SELECT COUNT(*), ARRAY(SELECT day FROM newest) FROM newest
        """,
        Scalar("most", "INT64", most),
    )

    assert rows == [(0, [])]
