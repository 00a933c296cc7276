"""SQL files, rendered: `${...}` stands for names, which BigQuery takes no parameters for.

Datasets are written `${st_raw}.raw_leads`, because a deployment may prefix them; Terraform's
`templatefile` fills in the same names in the views. Everything else that varies is a query
parameter.
"""

from string import Template

from shared.catalog import catalog
from shared.errors import ConfigurationError
from shared.schemas import SQL
from shared.settings import settings


class SqlTemplate(Template):
    """Fills in `${name}` and leaves every other `$` alone, as Terraform does."""

    pattern = r"\$\{(?P<braced>[a-z_]+)\}|(?P<escaped>(?!))|(?P<named>(?!))|(?P<invalid>(?!))"  # type: ignore[assignment]


DATASETS = (
    "st_raw",
    "st_raw_incoming",
    "st_raw_superseded",
    "st_kpi_mart",
    "st_kpi_mart_superseded",
    "partyhelp_raw",
    "partyhelp_raw_incoming",
    "partyhelp_raw_superseded",
    "partyhelp",
    "partyhelp_superseded",
    "ops",
    "ops_log",
)


def statement(path: str, **names: str) -> str:
    """The SQL in `sql/<path>` with its datasets and the given names filled in.

    Raises ConfigurationError when there is no such file, or a name without a value in it.
    """
    template = SqlTemplate(_read(path))
    known = settings()
    deployed = {dataset: known.dataset(dataset) for dataset in DATASETS}
    try:
        return template.substitute(deployed, **names)
    except KeyError as error:
        raise ConfigurationError(
            f"sql/{path}: expected a value for each name, found none for ${{{error.args[0]}}}"
        ) from error


def _read(path: str) -> str:
    try:
        return (SQL / path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"expected a statement in sql/{path}, found none. Is its folder among the `sql` "
            "of this function in topology.yaml?"
        ) from error


def query_of(table: str) -> str:
    """The query that makes `dataset.table`: its folder's query.sql, without a final semicolon."""
    words = catalog().words(table)
    return statement(f"{table.replace('.', '/')}/query.sql", **words).strip().rstrip(";")


def deployed(table: str) -> str:
    """`dataset.table` under the name it has in this deployment."""
    dataset, _, name = table.partition(".")
    return f"{settings().dataset(dataset)}.{name}"
