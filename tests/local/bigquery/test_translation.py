"""What is remembered of translations, and what a change makes it forget."""

from typing import Any

import pytest
from google.cloud import bigquery

from local.bigquery import translation


@pytest.fixture
def translated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that bqemulator translates from here on."""
    statements: list[str] = []
    theirs = translation.translate_anew

    async def counted(bq_sql: str, **more: Any) -> str:
        statements.append(bq_sql)
        return await theirs(bq_sql, **more)

    monkeypatch.setattr(translation, "translate_anew", counted)
    return statements


def test_a_statement_is_translated_once_whatever_its_parameters(
    client: bigquery.Client, dataset: str, translated: list[str]
) -> None:
    statement = f"SELECT '{dataset}', @number"
    for number in (1, 2):
        parameter = bigquery.ScalarQueryParameter("number", "INT64", number)
        config = bigquery.QueryJobConfig(query_parameters=[parameter])
        (row,) = client.query(statement, job_config=config).result()
        assert row.values() == (dataset, number)
    assert translated == [statement]


def test_a_table_that_gets_a_column_is_translated_for_again(
    client: bigquery.Client, table: str, translated: list[str]
) -> None:
    statement = f"SELECT COUNT(*) FROM {table}"
    client.query(statement).result()
    described = client.get_table(table)
    described.schema = [*described.schema, bigquery.SchemaField("more", "STRING")]
    client.update_table(described, ["schema"])
    client.query(statement).result()
    assert translated == [statement, statement]
