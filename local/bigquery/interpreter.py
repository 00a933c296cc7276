"""A query job: a script of one or more statements, each of which is a job of its own.

https://cloud.google.com/bigquery/docs/multi-statement-queries
https://cloud.google.com/bigquery/docs/reference/standard-sql/procedural-language
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import duckdb

from local.bigquery import definitions, types
from local.bigquery.change import change
from local.bigquery.duckdb_errors import translated
from local.bigquery.engine import Engine
from local.bigquery.errors import BigQueryError, invalid_query, refused
from local.bigquery.job import Job, Result
from local.bigquery.script import Statement, split
from local.bigquery.session import ERROR, Session
from local.bigquery.translation import CHANGES, Translation, parse
from local.bigquery.usage import measure


def run_query(engine: Engine, job: Job) -> None:
    """Run a query job; raise BigQueryError for what no handler takes."""
    if engine.sessions.ends(job):
        return
    with engine.sessions.of(job) as session:
        statements = split(job.configuration["query"]["query"])
        if not statements:
            raise invalid_query("Syntax error: Unexpected end of script")
        interpreter = Interpreter(session)
        if len(statements) == 1 and statements[0].kind not in _STRUCTURES:
            interpreter.run_alone(statements[0])
        else:
            job.statistics["statementType"] = "SCRIPT"
            interpreter.run_all(statements)


class Interpreter:
    """Runs the statements of a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._engine = session.engine
        self._job = session.job

    def run_alone(self, statement: Statement) -> None:
        """Run the only statement of a job."""
        self._before(statement)
        with_duckdb_errors(lambda: self._run(statement, self._job))

    def run_all(self, statements: Sequence[Statement]) -> None:
        """Run statements one after the other, and say where one fails."""
        outside = self._session.declared
        for statement in statements:
            try:
                self._before(statement)
                with_duckdb_errors(lambda: self._run_in_script(statement))  # noqa: B023  At once.
            except BigQueryError as error:
                self._session.fail()
                self._job.check()  # DuckDB has been interrupted, if it is cancelled.
                if error.reason == "stopped" or " at [" in error.message:
                    raise
                message = f"Query error: {error.message} at {statement.position}"
                raise invalid_query(message) from error
        self._session.forget(self._session.declared - outside)

    def _before(self, statement: Statement) -> None:
        self._engine.runtime.step(f"{self._job.reference.job} {statement.kind}")
        self._engine.hostility.before_statement(self._engine.runtime)
        self._job.check()
        self._session.tick()

    def _run_in_script(self, statement: Statement) -> None:
        structure = _STRUCTURES.get(statement.kind)
        if structure is not None:
            structure(self, statement)
            return
        child = self._engine.jobs.child(self._job, statement.text)
        try:
            with_duckdb_errors(lambda: self._run(statement, child))
        except BigQueryError as error:
            self._engine.jobs.end(child, error)
            raise
        self._engine.jobs.end(child)
        if child.result.fields:
            self._job.result = child.result

    def _run(self, statement: Statement, job: Job) -> None:
        control = _TRANSACTIONS.get(statement.kind)
        if control is not None:
            job.statistics["statementType"] = f"{statement.kind}_TRANSACTION"
            control(self._session)
            return
        if self._session.failed:
            raise refused("a statement after an error in a transaction, but for ROLLBACK")
        translation = self._session.translate(statement.text)
        job.statistics["statementType"] = translation.kind
        measure(self._session.cursor, translation.usage, job)
        if translation.kind in CHANGES:
            change(self._session, translation, job)
        elif translation.kind == "SELECT":
            job.result = self._select(translation)
        else:
            definitions.run(self._session, translation, job)

    def _select(self, translation: Translation) -> Result:
        found = self._session.cursor.execute(translation.sql)
        fields = [types.field_of(name, kind) for name, kind, *_ in found.description or []]
        definitions.check_result(fields)
        return Result(fields, types.cells(found.fetchall(), fields))

    def _declare(self, statement: Statement) -> None:
        for name, text in _declared(statement.text):
            self._session.declare(name, text)

    def _assign(self, statement: Statement) -> None:
        name, _, value = statement.text[len("SET") :].partition("=")
        if not name.strip().isidentifier():
            raise refused(f"SET {name.strip()}")
        self._session.assign(name.strip().lower(), value)

    def _if(self, statement: Statement) -> None:
        for condition, body in statement.branches:
            if self._session.value(condition.text):
                self.run_all(body)
                return
        self.run_all(statement.otherwise or ())

    def _block(self, statement: Statement) -> None:
        outside = self._session.declared
        try:
            self.run_all(statement.body)
        except BigQueryError as error:
            if statement.otherwise is None or error.reason == "stopped":
                raise
            self._session.forget(self._session.declared - outside)
            self._session.set_error(error.message)
            self.run_all(statement.otherwise)
            self._session.set_error(None)

    def _raise(self, statement: Statement) -> None:
        _, using, message = statement.text.partition("=")
        if not using and not self._session.handles_error:
            raise invalid_query("Cannot re-raise an existing exception outside of a handler")
        raise invalid_query(str(self._session.value(message if using else f"{ERROR}.message")))


@lru_cache(1_000)
def _declared(text: str) -> tuple[tuple[str, str], ...]:
    """The names in a DECLARE, and the expression that each begins with."""
    found = []
    for item in parse(text).expressions:
        default, kind = item.args.get("default"), item.args.get("kind")
        value = default.sql("bigquery") if default else "NULL"
        if kind:
            value = f"CAST({value} AS {kind.sql('bigquery')})"
        found += [(name.name.lower(), value) for name in item.this]
    return tuple(found)


def with_duckdb_errors(work: Callable[[], None]) -> None:
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
_TRANSACTIONS: dict[str, Callable[[Session], None]] = {
    "BEGIN": Session.begin,
    "COMMIT": Session.commit,
    "ROLLBACK": Session.rollback,
}
