"""A query job: a script of one or more statements, on a cursor of its own.

https://cloud.google.com/bigquery/docs/multi-statement-queries
https://cloud.google.com/bigquery/docs/transactions
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import duckdb

from local.bigquery import definitions, types
from local.bigquery.catalog import Address, Dataset
from local.bigquery.changes import SEVERAL_SOURCES
from local.bigquery.database import Transaction
from local.bigquery.duckdb_errors import is_conflict, translated
from local.bigquery.engine import Engine
from local.bigquery.errors import BigQueryError, invalid_query, refused
from local.bigquery.job import Job, Result
from local.bigquery.resolution import Names
from local.bigquery.rules import NOW
from local.bigquery.script import Statement, split
from local.bigquery.translation import CHANGES, Translation, parse

Resource = dict[str, Any]

ROW_COUNT, ERROR = "@@row_count", "@@error"
_COUNTS = {"INSERT": "insertedRowCount", "UPDATE": "updatedRowCount", "DELETE": "deletedRowCount"}
_TYPES = {"BEGIN": "BEGIN_TRANSACTION", "COMMIT": "COMMIT_TRANSACTION"}


class Interpreter:
    """Runs the statements of one job."""

    def __init__(self, engine: Engine, job: Job) -> None:
        self._engine = engine
        self._job = job
        self._cursor = job.cursor = engine.database.cursor()
        self._query: Resource = job.configuration["query"]
        self._variables: dict[str, str] = {ROW_COUNT: "INT64"}
        self._declared: dict[str, str] = {}
        self._temporary: dict[str, tuple[tuple[str, str], ...]] = {}
        self._transaction: Transaction | None = None
        self._transaction_id = ""
        self._before_transaction: dict[str, tuple[tuple[str, str], ...]] = {}
        self._failed = False
        self._now = engine.runtime.now()

    def run(self) -> None:
        """Run everything; raise BigQueryError for what isn't handled."""
        try:
            self._set_parameters()
            statements = split(self._query["query"])
            if not statements:
                raise invalid_query("Syntax error: Unexpected end of script")
            simple = len(statements) == 1 and statements[0].kind not in ("IF", "BLOCK")
            if simple:
                self._run_alone(statements[0])
            else:
                self._job.statistics["statementType"] = "SCRIPT"
                self._run_all(statements)
        finally:
            self._end_transaction("ROLLBACK")  # What a script leaves open.
            self._cursor.close()

    # Statements

    def _run_alone(self, statement: Statement) -> None:
        self._before(statement)
        with_errors(lambda: self._run_one(statement, self._job))

    def _run_all(self, statements: Sequence[Statement]) -> None:
        outside = set(self._declared)
        for statement in statements:
            try:
                self._before(statement)
                with_errors(lambda: self._run_in_script(statement))  # noqa: B023  Called at once.
            except BigQueryError as error:
                self._fail()
                if error.reason == "stopped" or " at [" in error.message:
                    raise
                message = f"Query error: {error.message} at {statement.position}"
                raise invalid_query(message) from error
        for name in set(self._declared) - outside:
            del self._declared[name], self._variables[name]

    def _before(self, statement: Statement) -> None:
        engine = self._engine
        engine.runtime.step(f"{self._job.reference.job} {statement.kind}")
        engine.hostility.before_statement(engine.runtime)
        self._job.check()
        if self._transaction is None:
            self._now = engine.runtime.now()

    def _run_in_script(self, statement: Statement) -> None:
        structure = _STRUCTURES.get(statement.kind)
        if structure is not None:
            return structure(self, statement)
        child = self._engine.jobs.child(self._job, statement.text)
        child.cursor = self._cursor
        try:
            with_errors(lambda: self._run_one(statement, child))
        except BigQueryError as error:
            self._engine.jobs.end(child, error)
            raise
        self._engine.jobs.end(child)
        self._job.result = child.result if child.result.fields else self._job.result
        return None

    def _run_one(self, statement: Statement, job: Job) -> None:
        control = _TRANSACTIONS.get(statement.kind)
        if control is not None:
            job.statistics["statementType"] = f"{statement.kind}_TRANSACTION"
            return control(self)
        if statement.kind in _STRUCTURES:  # Alone, it has nobody to declare or decide it for.
            return _STRUCTURES[statement.kind](self, statement)
        if self._failed:
            raise refused("a statement after an error in a transaction, but for ROLLBACK")
        translation = self._translate(statement.text)
        job.statistics["statementType"] = translation.kind
        if translation.kind in CHANGES:
            self._change(translation, job)
        elif translation.kind in ("CREATE", "DROP"):
            self._define(translation, job)
        else:
            job.result = self._select(translation)
        return None

    # Expressions and variables

    @property
    def _names(self) -> Names:
        dataset = self._query.get("defaultDataset")
        return Names(
            self._job.reference.project,
            Dataset(dataset.get("projectId", self._job.reference.project), dataset["datasetId"])
            if dataset
            else None,
            tuple(sorted(self._variables.items())),
            tuple(sorted(self._temporary.items())),
        )

    def _translate(self, sql: str) -> Translation:
        translation = self._engine.translator.translate(sql, self._names)
        if translation.reads_clock:
            self._set(NOW, "CAST(? AS TIMESTAMPTZ)", self._now.isoformat())
        return translation

    def _expression(self, text: str) -> str:
        return f"({self._translate(f'SELECT {text}').sql})"

    def _value(self, text: str) -> Any:
        row = self._cursor.execute(f"SELECT {self._expression(text)}").fetchone()
        assert row is not None
        return row[0]

    def _set(self, name: str, sql: str, *values: Any) -> None:
        self._cursor.execute(f"SET VARIABLE {types.identifier(name)} = {sql}", list(values) or None)

    def _set_parameters(self) -> None:
        for parameter in self._query.get("queryParameters", []):
            if not parameter.get("name"):
                raise refused("positional parameters")
            name = "@" + parameter["name"].lower()
            field = types.parameter_field(parameter)
            value = types.parameter_value(parameter)
            nested = field["mode"] == "REPEATED" or field["type"] == "RECORD"
            given = "from_base64(?)" if field["type"] == "BYTES" else "?::JSON" if nested else "?"
            self._set(name, f"CAST({given} AS {types.duckdb_type(field)})", value)
            self._variables[name] = types.bigquery_type(field)

    def _declare(self, statement: Statement) -> None:
        tree = parse(statement.text)
        for item in tree.expressions:
            default, kind = item.args.get("default"), item.args.get("kind")
            text = default.sql("bigquery") if default else "NULL"
            if kind:
                text = f"CAST({text} AS {kind.sql('bigquery')})"
            for name in item.this:
                self._declare_one(name.name.lower(), text)

    def _declare_one(self, name: str, text: str) -> None:
        if name in self._declared:
            raise invalid_query(f"Variable '{name}' redeclaration")
        self._set(name, self._expression(text))
        found = self._cursor.execute("SELECT getvariable(?)", [name]).description
        assert found is not None
        field = types.field_of(name, found[0][1])
        self._declared[name] = types.duckdb_type(field)
        self._variables[name] = types.bigquery_type(field)
        self._set(name, f"CAST(getvariable({types.literal(name)}) AS {self._declared[name]})")

    def _assign(self, statement: Statement) -> None:
        name, _, value = statement.text[len("SET") :].partition("=")
        name = name.strip().lower()
        if name not in self._declared:
            raise invalid_query(f"Undeclared variable: {name}")
        self._set(name, f"CAST({self._expression(value)} AS {self._declared[name]})")

    # Structure

    def _if(self, statement: Statement) -> None:
        for condition, body in statement.branches:
            if self._value(condition.text):
                return self._run_all(body)
        return self._run_all(statement.otherwise or ())

    def _block(self, statement: Statement) -> None:
        try:
            self._run_all(statement.body)
        except BigQueryError as error:
            if statement.otherwise is None or error.reason == "stopped":
                raise
            outside = self._variables.get(ERROR)
            self._set(ERROR, "{'message': ?}", error.message)
            self._variables[ERROR] = "STRUCT<message STRING>"
            self._run_all(statement.otherwise)
            if outside is None:
                del self._variables[ERROR]

    def _raise(self, statement: Statement) -> None:
        _, using, message = statement.text.partition("=")
        if not using and ERROR not in self._variables:
            raise invalid_query(
                "Cannot re-raise an existing exception outside of an exception handler"
            )
        raise invalid_query(str(self._value(message if using else f"{ERROR}.message")))

    # Transactions

    def _begin(self) -> None:
        if self._transaction is not None or self._failed:
            raise invalid_query("Transaction is already in progress")
        self._transaction = Transaction(self._engine.database, self._cursor)
        self._transaction_id = self._engine.new_id()
        self._before_transaction = dict(self._temporary)

    def _commit(self) -> None:
        if self._failed:
            raise refused("COMMIT after an error in the transaction")
        if self._transaction is None:
            raise invalid_query("Cannot COMMIT: there is no active transaction")
        self._before_commit()
        self._end_transaction("COMMIT")

    def _rollback(self) -> None:
        if self._transaction is None and not self._failed:
            raise invalid_query("Cannot ROLLBACK: there is no active transaction")
        self._end_transaction("ROLLBACK")
        self._failed = False

    def _before_commit(self) -> None:
        engine = self._engine
        engine.runtime.step(f"{self._job.reference.job} COMMIT")
        engine.hostility.before_commit(engine.runtime)
        self._job.check()

    def _end_transaction(self, how: str) -> None:
        transaction, self._transaction = self._transaction, None
        if transaction is None:
            return
        if how == "COMMIT":
            transaction.commit()
        else:
            transaction.rollback()
            self._temporary = self._before_transaction

    def _fail(self) -> None:
        """Roll back at the first error: DuckDB goes on with no transaction that met one."""
        if self._transaction is not None:
            self._end_transaction("ROLLBACK")
            self._failed = True

    # Statements that read, change and define

    def _select(self, translation: Translation) -> Result:
        found = self._cursor.execute(translation.sql)
        description = found.description or []
        fields = [types.field_of(name, kind) for name, kind, *_ in description]
        definitions.check_result(fields)
        return Result(fields, types.cells(found.fetchall(), fields))

    def _define(self, translation: Translation, job: Job) -> None:
        definition = definitions.define(translation.statement, self._names)
        job.statistics["statementType"] = definition.statement_type
        if definition.temporary:
            self._cursor.execute(translation.sql)
            self._remember_temporary(definition)
        elif self._transaction is not None:
            raise invalid_query(f"{definition.statement_type} is not supported in a transaction")
        else:
            definition.apply(self._engine, self._job, self._cursor, translation)

    def _remember_temporary(self, definition: definitions.Definition) -> None:
        name = definition.name
        found = self._cursor.execute(f"FROM temp.{types.identifier(name)} LIMIT 0").description
        fields = [types.field_of(each, kind) for each, kind, *_ in found or []]
        columns = tuple((each["name"].lower(), types.bigquery_type(each)) for each in fields)
        self._temporary[name.lower()] = columns

    def _change(self, translation: Translation, job: Job) -> None:
        target = translation.target
        if self._transaction is not None or target is None:
            counts = self._change_rows(translation, self._transaction)
            if counts is None:
                raise invalid_query(
                    "Transaction is aborted due to concurrent update against table "
                    f"{target}. Transaction ID: {self._transaction_id}"
                )
        else:
            counts = self._change_alone(translation, target)
        affected = str(sum(counts.values()))
        job.statistics["numDmlAffectedRows"] = affected
        job.statistics["dmlStats"] = {
            name: str(counts[action]) for action, name in _COUNTS.items() if counts[action]
        }
        self._set(ROW_COUNT, f"CAST({affected} AS BIGINT)")

    def _change_alone(self, translation: Translation, target: Address) -> Counter[str]:
        """Run a change outside of transactions: it waits rather than fail."""
        while True:
            transaction = Transaction(self._engine.database, self._cursor)
            try:
                counts = self._change_rows(translation, transaction)
                if counts is not None:
                    self._before_commit()
                    transaction.commit()
                    return counts
            except BaseException:
                transaction.rollback()
                raise
            transaction.rollback()
            self._job.wait(lambda: self._engine.database.is_free(target))

    def _change_rows(
        self, translation: Translation, transaction: Transaction | None
    ) -> Counter[str] | None:
        """Run a change and count its rows by action; None if another is in its way."""
        target = translation.target
        try:
            self._check_sources(translation)
            rows = self._cursor.execute(translation.sql).fetchall()
        except duckdb.Error as error:
            if is_conflict(error):
                return None
            raise
        if translation.kind == "MERGE":
            counts = Counter(action for (action,) in rows)
        else:
            action = "DELETE" if translation.kind == "TRUNCATE_TABLE" else translation.kind
            counts = Counter({action: rows[0][0]})
        if transaction is not None and target is not None:
            mutated = counts["UPDATE"] + counts["DELETE"]
            if mutated and not transaction.claim(target):
                return None
            transaction.changed.add(target)
        return counts

    def _check_sources(self, translation: Translation) -> None:
        if translation.check:
            row = self._cursor.execute(translation.check).fetchone()
            if row and row[0]:
                raise invalid_query(SEVERAL_SOURCES)


def with_errors(work: Callable[[], None]) -> None:
    """Do something, with DuckDB's errors as BigQuery's."""
    try:
        work()
    except duckdb.Error as error:
        raise translated(error) from error


_STRUCTURES: dict[str, Callable[[Interpreter, Statement], None]] = {
    "DECLARE": Interpreter._declare,
    "SET": Interpreter._assign,
    "IF": Interpreter._if,
    "BLOCK": Interpreter._block,
    "RAISE": Interpreter._raise,
}
_TRANSACTIONS: dict[str, Callable[[Interpreter], None]] = {
    "BEGIN": Interpreter._begin,
    "COMMIT": Interpreter._commit,
    "ROLLBACK": Interpreter._rollback,
}
