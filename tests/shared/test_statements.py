"""SQL files, rendered."""

import re
from pathlib import Path

import pytest
import sqlglot

from shared import statements
from shared.errors import ConfigurationError
from shared.schemas import SQL
from shared.statements import DATASETS, SqlTemplate, deployed, query_of, statement

FILES = sorted(path.relative_to(SQL).as_posix() for path in SQL.rglob("*.sql"))


@pytest.fixture(autouse=True)
def _development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "acme")
    monkeypatch.setenv("BATON_BUCKET", "acme")
    monkeypatch.setenv("BATON_PREFIX", "dev-")
    monkeypatch.setenv("PARTYHELP_DATASET", "market")


@pytest.mark.parametrize("file", FILES)
def test_every_file_renders_with_what_it_asks_for(file: str) -> None:
    text = (SQL / file).read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{(\w+)\}", text)) - set(DATASETS)
    rendered = statement(file, **dict.fromkeys(asked, "SELECT_LIST"))
    assert "${" not in rendered
    for dataset in re.findall(r"\$\{(st_raw|st_kpi_mart|ops)\}", text):
        assert f"dev_{dataset}." in rendered


@pytest.mark.parametrize("file", [file for file in FILES if file.count("/") == 2])
def test_every_tables_statement_is_one_statement(file: str) -> None:
    text = (SQL / file).read_text(encoding="utf-8")
    if set(re.findall(r"\$\{(\w+)\}", text)) <= set(DATASETS):
        assert len(sqlglot.parse(statement(file), read="bigquery")) == 1


def test_only_what_is_in_braces_is_filled_in() -> None:
    text = "SELECT '$1', '$name', '$$', '${name}', '{name}', '100 $'"
    assert (
        SqlTemplate(text).substitute(name="x")
        == "SELECT '$1', '$name', '$$', 'x', '{name}', '100 $'"
    )


def test_a_name_without_a_value_is_told() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"sql/mart/replace.sql: expected a value for each name, found none for \$\{",
    ):
        statement("mart/replace.sql")


def test_a_statement_that_is_not_in_the_functions_zip_is_told() -> None:
    with pytest.raises(
        ConfigurationError, match=r"statement in sql/mart/nothing.sql, found none. Is its folder"
    ):
        statement("mart/nothing.sql")


def test_a_tables_query_can_stand_inside_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "SQL", tmp_path)
    (tmp_path / "ops" / "batches").mkdir(parents=True)
    (tmp_path / "ops" / "batches" / "query.sql").write_text("SELECT 1 FROM ${ops}.batches;\n")
    assert query_of("ops.batches") == "SELECT 1 FROM dev_ops.batches"


def test_a_table_is_called_by_the_name_that_it_has_here() -> None:
    assert deployed("st_raw.raw_leads") == "dev_st_raw.raw_leads"
    assert deployed("partyhelp.ph_leads") == "dev_market.ph_leads"
    assert deployed("partyhelp_superseded.ph_leads") == "dev_market_superseded.ph_leads"
