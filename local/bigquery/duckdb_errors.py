"""DuckDB's errors in BigQuery's words, where somebody may look for them."""

import re

import duckdb

from local.bigquery.errors import BigQueryError, invalid_query

# DuckDB's own conflicts, of two changes to one row.
_CONFLICT = re.compile(r"Conflict on|[Cc]onflict")
_MESSAGES = (
    (r'Referenced column "([^"]+)" .*not found', r"Unrecognized name: \1"),
    (r"NOT NULL constraint failed: .*\.(\S+)", r"Required field \1 cannot be null"),
    (
        r"More than one row returned by a subquery.*",
        "Scalar subquery produced more than one element",
    ),
    (r"Could not convert string '(.*?)' to INT\d+.*", r"Bad int64 value: \1"),
)
_KIND = re.compile(r"^[A-Z][A-Za-z ]+ Error: ")


def is_conflict(error: duckdb.Error) -> bool:
    """Whether DuckDB refused a change because of another to the same row."""
    return isinstance(error, duckdb.TransactionException) and bool(_CONFLICT.search(str(error)))


def translated(error: duckdb.Error) -> BigQueryError:
    """Return the error that BigQuery would give."""
    text = _KIND.sub("", str(error).splitlines()[0])
    for pattern, message in _MESSAGES:
        found = re.search(pattern, text)
        if found:
            return invalid_query(found.expand(message))
    return invalid_query(text)
