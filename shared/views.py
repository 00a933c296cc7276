"""The views' queries: `sql/<dataset>/<view>/view.sql`, with the parts that the catalogue makes.

Terraform fills in the same files in the same way (`terraform/sources.tf`); a test compares them.
"""

from shared.catalog import catalog
from shared.statements import statement

UNION = "\nUNION ALL\n"


def view_query(address: str) -> str:
    """Return the query of the view `dataset.view`."""
    path = f"{address.replace('.', '/')}/view.sql"
    return statement(path, versions=_versions(), inputs=_inputs())


def _versions() -> str:
    """The versions of every change log."""
    return UNION.join(_part("version", name=log) for log in catalog().logs)


def _inputs() -> str:
    """The logs of each mart's inputs, beside its own."""
    known = catalog()
    pairs = [(mart.log, name) for mart in known.marts.values() for name in known.inputs(mart)]
    return UNION.join(_part("input", name=mart, input=name) for mart, name in sorted(pairs))


def _part(file: str, /, **names: str) -> str:
    return statement(f"ops_log/{file}.sql", **names).strip()
