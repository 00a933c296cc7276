"""What the statements of one job share: a cursor, variables, temporary tables, a transaction.

https://cloud.google.com/bigquery/docs/transactions
https://cloud.google.com/bigquery/docs/reference/system-variables
"""

from typing import Any

from local.bigquery import types
from local.bigquery.catalog import Dataset
from local.bigquery.database import Cursor, Transaction
from local.bigquery.engine import Engine
from local.bigquery.errors import invalid_query, refused
from local.bigquery.job import Job
from local.bigquery.nodes import NOW
from local.bigquery.resolution import Names
from local.bigquery.translation import Translation

Resource = dict[str, Any]
# A temporary table's columns with their types.
Columns = tuple[tuple[str, str], ...]

_UNNAMED = " AS f0_"  # The name of a column that has none.
ROW_COUNT, ERROR = "@@row_count", "@@error"


class Session:
    """Lasts as long as its job, or as several that share it."""

    def __init__(self, engine: Engine, job: Job) -> None:
        self.engine = engine
        self.cursor: Cursor = engine.database.cursor()
        self.transaction: Transaction | None = None
        self.transaction_id = ""
        self.temporary: dict[str, Columns] = {}
        self.failed = False  # From an error in a transaction to its ROLLBACK.
        self._variables: dict[str, str] = {ROW_COUNT: "INT64"}
        self._declared: dict[str, str] = {}  # With their types in DuckDB.
        self._before_transaction: dict[str, Columns] = {}
        self._now = engine.runtime.now()
        self.serve(job)

    def serve(self, job: Job) -> None:
        """Run the next job, with its text and its parameters."""
        self.job = job
        job.cursor = self.cursor
        query = job.configuration["query"]
        self._text: str = query["query"].lower()
        self._dataset = _default_dataset(job.reference.project, query.get("defaultDataset"))
        for parameter in query.get("queryParameters", []):
            self._set_parameter(parameter)

    def close(self) -> None:
        """Roll back what a script leaves open; its temporary tables and variables go too."""
        self._end("ROLLBACK")
        self.cursor.close()

    # Names and expressions

    @property
    def names(self) -> Names:
        """What names mean at this point."""
        variables = tuple(sorted(self._variables.items()))
        temporary = tuple(sorted(self.temporary.items()))
        return Names(self.job.reference.project, self._dataset, variables, temporary)

    def tick(self) -> None:
        """Read the clock for the next statement; within a transaction, time stands still."""
        if self.transaction is None:
            self._now = self.engine.runtime.now()

    def translate(self, sql: str) -> Translation:
        """Return what to run for a statement, once the cursor has all that it reads."""
        translation = self.engine.translator.translate(sql, self.names)
        if translation.reads_clock:
            self._set(NOW, f"TIMESTAMPTZ {types.literal(self._now.isoformat())}")
        return translation

    def value(self, expression: str) -> Any:
        """Return an expression's value."""
        row = self.cursor.execute(self.translate(f"SELECT {expression}").sql).fetchone()
        assert row is not None
        return row[0]

    # Variables

    @property
    def declared(self) -> set[str]:
        """The variables that have been declared."""
        return set(self._declared)

    def declare(self, name: str, expression: str) -> None:
        """Make a variable of an expression's type and value."""
        if name in self._declared:
            raise invalid_query(f"Variable '{name}' redeclaration")
        self._set(name, self._sql_of(expression))
        value = f"getvariable({types.literal(name)})"
        found = self.cursor.execute(f"SELECT {value}").description
        assert found is not None
        field = types.field_of("", found[0][1])
        self._declared[name] = types.duckdb_type(field)
        self._variables[name] = types.bigquery_type(field)
        self._set(name, f"CAST({value} AS {self._declared[name]})")

    def assign(self, name: str, expression: str) -> None:
        """Give a variable another value."""
        if name not in self._declared:
            raise invalid_query(f"Undeclared variable: {name}")
        self._set(name, f"CAST({self._sql_of(expression)} AS {self._declared[name]})")

    def forget(self, names: set[str]) -> None:
        """End the life of a block's variables."""
        for name in names:
            del self._declared[name], self._variables[name]

    def set_row_count(self, count: int) -> None:
        """Set @@row_count, if the script reads it."""
        if ROW_COUNT in self._text:
            self._set(ROW_COUNT, f"CAST({count} AS BIGINT)")

    def set_error(self, message: str | None) -> None:
        """Set @@error.message, for as long as a handler runs."""
        if message is None:
            self._variables.pop(ERROR, None)
            return
        self._set(ERROR, f"{{'message': {types.literal(message)}}}")
        self._variables[ERROR] = "STRUCT<message STRING>"

    @property
    def handles_error(self) -> bool:
        """Whether an exception handler runs."""
        return ERROR in self._variables

    # Transactions

    def begin(self) -> None:
        """Begin a transaction."""
        if self.transaction is not None or self.failed:
            raise invalid_query("Transaction is already in progress")
        self.transaction = Transaction(self.engine.database, self.cursor)
        self.transaction_id = self.engine.new_id()
        self._before_transaction = dict(self.temporary)

    def commit(self) -> None:
        """Commit the transaction; after an error, DuckDB can only roll back."""
        if self.failed:
            raise refused("COMMIT after an error in the transaction")
        if self.transaction is None:
            raise invalid_query("Cannot COMMIT: there is no active transaction")
        self.before_commit()
        self._end("COMMIT")

    def rollback(self) -> None:
        """Roll the transaction back, unless an error has."""
        if self.transaction is None and not self.failed:
            raise invalid_query("Cannot ROLLBACK: there is no active transaction")
        self._end("ROLLBACK")
        self.failed = False

    def fail(self) -> None:
        """Roll back at the first error: DuckDB goes on with no transaction that met one."""
        if self.transaction is not None:
            self._end("ROLLBACK")
            self.failed = True

    def before_commit(self) -> None:
        """Pass the point before a COMMIT."""
        self.engine.runtime.step(f"{self.job.reference.job} COMMIT")
        self.engine.hostility.before_commit(self.engine.runtime)
        self.job.check()

    def _end(self, how: str) -> None:
        transaction, self.transaction = self.transaction, None
        if transaction is None:
            return
        if how == "COMMIT":
            transaction.commit()
        else:
            transaction.rollback()
            self.temporary = self._before_transaction

    # The cursor's variables

    def _sql_of(self, expression: str) -> str:
        """Return DuckDB's SQL of an expression's value."""
        value = self.translate(f"SELECT {expression}").sql
        if value.startswith("SELECT ") and value.endswith(_UNNAMED):
            return value.removeprefix("SELECT ").removesuffix(_UNNAMED)  # Twice as fast.
        return f"({value})"

    def _set(self, name: str, sql: str) -> None:
        self.cursor.execute(f"SET VARIABLE {types.identifier(name)} = {sql}")

    def _set_parameter(self, parameter: Resource) -> None:
        if not parameter.get("name"):
            raise refused("positional parameters")
        name = "@" + parameter["name"].lower()
        field = types.parameter_field(parameter)
        self._variables[name] = types.bigquery_type(field)
        if name in self._text:
            value = types.parameter_literal(parameter, field)
            self._set(name, f"CAST({value} AS {types.duckdb_type(field)})")


def _default_dataset(project: str, reference: Resource | None) -> Dataset | None:
    if not reference:
        return None
    return Dataset(reference.get("projectId", project), reference["datasetId"])
