"""What the probes of BigQuery do: tables, statements, loads and transactions over several jobs."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery

from conform.place import Place

RESULT_SECONDS = 60.0
# What a probe of a few statements may take and cost: 10 MiB at least for each table of each of
# them, at $6.25 a TiB. https://cloud.google.com/bigquery/pricing#on_demand_pricing
SECONDS, CENTS = 45, 0.3

DOCS = "https://cloud.google.com/bigquery/docs"

Row = dict[str, Any]


class Warehouse:
    """BigQuery, in the place of a run."""

    def __init__(self, place: Place) -> None:
        self.client = place.bigquery_client
        self._place = place

    def name(self) -> str:
        """Return the address of a table that isn't there yet."""
        table = self._place.name("table").replace("-", "_")
        return f"{self._place.dataset_name}.{table}"

    def table(self, *columns: str, values: str = "", by_day: bool = False) -> str:
        """Make a table and return its address.

        Args:
            columns: name, type and maybe mode; one integer `n` without any.
            values: its first rows, as in INSERT.
            by_day: partition it by its column `day`, which every query must then bound.
        """
        fields = [_field(column) for column in columns or ("n INTEGER",)]
        address = self.name()
        table = bigquery.Table(f"{self._place.project}.{address}", fields)
        if by_day:
            table.time_partitioning = bigquery.TimePartitioning(field="day")
            table.require_partition_filter = True
        self.client.create_table(table)
        if values:
            self.run(f"INSERT INTO {address} ({_names(columns)}) VALUES {values}")
        return address

    def start(self, sql: str, **settings: Any) -> bigquery.QueryJob:
        """Start a job; `settings` are those of QueryJobConfig, and `job_id`."""
        job_id = settings.pop("job_id", None)
        config = bigquery.QueryJobConfig(**settings)
        return self.client.query(sql, job_config=config, job_id=job_id, job_retry=None)

    def run(self, sql: str, **settings: Any) -> bigquery.QueryJob:
        """Run a job to its end; raise what it failed with."""
        job = self.start(sql, **settings)
        job.result(timeout=RESULT_SECONDS, job_retry=None)
        return job

    def rows(self, sql: str, **settings: Any) -> list[list[Any]]:
        """Return the rows of a query or script."""
        job = self.start(sql, **settings)
        found = job.result(timeout=RESULT_SECONDS, job_retry=None)
        return [list(row.values()) for row in found]

    def value(self, sql: str, **settings: Any) -> Any:
        """Return the one value of a query."""
        ((value,),) = self.rows(sql, **settings)
        return value

    def numbers(self, table: str) -> list[int]:
        """Return a table's column `n`, in order."""
        return [n for (n,) in self.rows(f"SELECT n FROM {table} ORDER BY n")]

    def file(self, *rows: Row | str) -> str:
        """Write rows, or lines as they are, to the bucket; return the file's address."""
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        name = self._place.name("rows") + ".ndjson"
        self._place.bucket.blob(name).upload_from_string("\n".join(lines) + "\n")
        return f"gs://{self._place.bucket.name}/{name}"

    def load(
        self, table: str, uris: str | Sequence[str], job_id: str | None = None, **settings: Any
    ) -> bigquery.LoadJob:
        """Load files to the job's end; raise what it failed with."""
        config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON", **settings)
        job = self.client.load_table_from_uri(uris, table, job_id=job_id, job_config=config)
        job.result(timeout=RESULT_SECONDS)
        return job

    @contextmanager
    def transaction(self) -> Iterator["OpenTransaction"]:
        """Begin a transaction that stays open from job to job; roll back what isn't committed."""
        session = OpenTransaction(self)
        try:
            yield session
        finally:
            with suppress(GoogleAPICallError):
                session.run("CALL BQ.ABORT_SESSION()")


def script(*statements: str) -> str:
    """Return a script of statements."""
    return "".join(f"{statement};\n" for statement in statements)


def committed(*statements: str) -> str:
    """Return a script that is one transaction."""
    return script("BEGIN TRANSACTION", *statements, "COMMIT TRANSACTION")


class OpenTransaction:
    """A transaction in a session."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        begun = warehouse.run("BEGIN TRANSACTION", create_session=True)
        assert begun.session_info is not None
        session = begun.session_info.session_id or ""
        within = bigquery.ConnectionProperty("session_id", session)
        self._settings = {"connection_properties": [within]}

    def run(self, sql: str) -> None:
        """Run a statement."""
        self._warehouse.run(sql, **self._settings)

    def value(self, sql: str) -> Any:
        """Return the one value of a query."""
        return self._warehouse.value(sql, **self._settings)

    def commit(self) -> None:
        """Commit."""
        self.run("COMMIT TRANSACTION")


def _field(column: str) -> bigquery.SchemaField:
    name, kind, *mode = column.split()
    return bigquery.SchemaField(name, kind, mode[0] if mode else "NULLABLE")


def _names(columns: Sequence[str]) -> str:
    return ", ".join(column.split()[0] for column in columns) or "n"
