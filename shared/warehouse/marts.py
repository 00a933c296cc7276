"""What a mart has yet to rebuild: asked by the mart itself, and by quality, which leaves it out."""

import re

from shared.catalog import Mart, catalog
from shared.event import derived_id
from shared.statements import query_of, statement
from shared.warehouse.log import log_table

PARAMETER = re.compile(r"@(rules|log)\b")


def due_query(mart: Mart) -> str:
    """Return the query of a mart's due days."""
    return statement("mart/due.sql", due_days=_due_days(mart))


def behind_query(mart: Mart) -> str:
    """Return the query of the days that a mart has yet to rebuild, without parameters."""
    values = {"rules": f"'{rules_hash(mart)}'", "log": f"'{mart.log}'"}
    days = PARAMETER.sub(lambda found: values[found[1]], _due_days(mart))
    return f"WITH\n{days}\nSELECT DISTINCT day FROM due"


def rules_hash(mart: Mart) -> str:
    """Return a hash of the SQL that makes the mart's tables."""
    return derived_id(*(query_of(table.address) for table in mart.tables))


def _due_days(mart: Mart) -> str:
    return statement("mart/due_days.sql", log=log_table(mart.log), inputs=_inputs(mart))


def _inputs(mart: Mart) -> str:
    return "\nUNION ALL\n".join(
        f"SELECT '{name}' AS name, version, days FROM {log_table(name)}"
        for name in catalog().inputs(mart)
    )
