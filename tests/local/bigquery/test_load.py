"""Load jobs are whole or not at all, and say what was wrong."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

Write = Callable[..., str]
Load = Callable[..., bigquery.LoadJob]
Rows = Callable[..., list[tuple[Any, ...]]]

DAY = {"day": "2024-01-01"}


def test_each_type_is_loaded_as_it_is(write: Write, load: Load, rows: Rows) -> None:
    row = {
        **DAY,
        "job": 7,
        "name": "Ünï\n",
        "amount": "12345678901234567890.123456789",
        "rate": 0.5,
        "open": True,
        "seen": "2024-01-02T03:04:05.678901Z",
        "raw": {"a": [1, {"b": None}]},
    }

    job = load(write(row, {**DAY, "job": 8, "raw": None}))

    seen = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    money = Decimal("12345678901234567890.123456789")
    assert rows("job, day, name, amount, rate, open, seen, raw") == [
        (7, date(2024, 1, 1), "Ünï\n", money, 0.5, True, seen, {"a": [1, {"b": None}]}),
        (8, date(2024, 1, 1), *[None] * 6),
    ]
    assert job.output_rows == 2


def test_nested_and_repeated_fields_are_loaded(
    client: bigquery.Client, write: Write, dataset: str
) -> None:
    inside = (bigquery.SchemaField("a", "INTEGER"), bigquery.SchemaField("b", "STRING"))
    fields = [
        bigquery.SchemaField("tags", "STRING", mode="REPEATED"),
        bigquery.SchemaField("part", "RECORD", fields=inside),
    ]
    client.create_table(bigquery.Table(f"local.{dataset}.nested", fields))
    row = {"tags": ["x", "y"], "part": {"a": 1, "b": "z"}}

    config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON")
    client.load_table_from_uri(write(row), f"{dataset}.nested", job_config=config).result()

    (found,) = client.query(f"SELECT tags, part FROM {dataset}.nested").result()
    assert dict(found) == row


def test_output_rows_are_those_of_the_load(write: Write, load: Load) -> None:
    load(write({**DAY, "job": 1}, {**DAY, "job": 2}))

    assert load(write({**DAY, "job": 3})).output_rows == 1


def test_several_files_and_wildcards_are_loaded(write: Write, load: Load, rows: Rows) -> None:
    first = write({**DAY, "job": 1}, name="a/part-1.ndjson")
    write({**DAY, "job": 2}, name="a/b/part-2.ndjson")
    other = write({**DAY, "job": 3}, name="other.ndjson")

    load(first.replace("a/part-1", "a/*"), other)

    assert rows() == [(1,), (2,), (3,)]


def test_gzip_is_known_by_its_content(write: Write, load: Load, rows: Rows, files: Path) -> None:
    uri = write({**DAY, "job": 1}, name="packed")
    path = files.parent / uri.removeprefix("gs://")
    path.write_bytes(gzip.compress(path.read_bytes()))

    load(uri, write({**DAY, "job": 2}, name="plain.gz"))

    assert rows() == [(1,), (2,)]


def test_truncate_replaces_all_rows(write: Write, load: Load, rows: Rows) -> None:
    load(write({**DAY, "job": 1}))
    load(write({**DAY, "job": 2}), write_disposition="WRITE_TRUNCATE")

    assert rows() == [(2,)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**DAY, "jobb": 1}, "No such field: jobb"),
        ({**DAY, "Job": 1}, "No such field: Job"),
        ({"job": 1}, "Missing required field: day"),
        ({"day": None}, "Missing required field: day"),
        ({"day": "01/02/2024"}, "Could not convert value '01/02/2024' to date. Field: day"),
        ({"day": "2024-02-30"}, "Could not convert value '2024-02-30' to date. Field: day"),
        ({"day": "2024-01-01T00:00:00"}, "Could not convert value"),
        ({**DAY, "job": 1.5}, "Could not convert value '1.5' to integer. Field: job; Value: 1.5"),
        ({**DAY, "job": "0x1f"}, "to integer. Field: job"),
        ({**DAY, "amount": "1,000"}, "Could not convert value '1,000' to numeric. Field: amount"),
        ({**DAY, "amount": "1e30"}, "to numeric. Field: amount"),
        ({**DAY, "open": "perhaps"}, "to boolean. Field: open"),
        ({**DAY, "seen": "yesterday"}, "to timestamp. Field: seen"),
        ({**DAY, "rate": {"a": 1}}, "to float. Field: rate"),
        ("[1]", "JSON object expected"),
        ('{"day": ', "Malformed JSON"),
    ],
)
@pytest.mark.parametrize("disposition", ["WRITE_APPEND", "WRITE_TRUNCATE"])
def test_a_failed_load_leaves_the_table_as_it_was(
    write: Write, load: Load, rows: Rows, row: Any, message: str, disposition: str
) -> None:
    load(write({**DAY, "job": 1}))
    good = write({**DAY, "job": 2}, name="good.ndjson")
    bad = write({**DAY, "job": 3}, row, name="bad.ndjson")

    with pytest.raises(BadRequest) as failure:
        load(good, bad, write_disposition=disposition)

    assert message in str(failure.value)
    assert bad in str(failure.value)
    assert rows() == [(1,)]


@pytest.mark.parametrize(
    "text", ["1", "-0.000000001", "1e3", ".5", "99999999999999999999999999999.999999999"]
)
def test_money_is_exact_as_text(write: Write, load: Load, rows: Rows, text: str) -> None:
    load(write({**DAY, "amount": text}))

    assert rows("amount") == [(Decimal(text),)]


def test_a_missing_file_is_not_found(load: Load, write: Write, rows: Rows) -> None:
    with pytest.raises(NotFound, match="gs://bucket/nothing"):
        load(write({**DAY, "job": 1}), "gs://bucket/nothing/*.ndjson")

    assert rows() == []


@pytest.mark.parametrize("outside", ["../secret.ndjson", "../secr*.ndjson"])
def test_a_file_outside_of_its_bucket_is_not_found(
    write: Write, load: Load, rows: Rows, outside: str, files: Path
) -> None:
    (files.parent / "secret.ndjson").write_text(json.dumps(DAY))
    with pytest.raises(NotFound, match="Not found: URI"):
        load(write({**DAY, "job": 1}), f"gs://bucket/{outside}")

    assert rows() == []


def test_a_missing_table_is_not_found(client: bigquery.Client, write: Write, dataset: str) -> None:
    config = bigquery.LoadJobConfig(
        source_format="NEWLINE_DELIMITED_JSON", create_disposition="CREATE_NEVER"
    )
    job = client.load_table_from_uri(write(DAY), f"{dataset}.nothing", job_config=config)

    with pytest.raises(NotFound, match=f"Table local:{dataset}.nothing"):
        job.result()


def test_a_schema_that_does_not_match_is_refused(load: Load, write: Write) -> None:
    with pytest.raises(BadRequest, match=r"Cannot add fields .field: extra."):
        load(write(DAY), schema=[bigquery.SchemaField("extra", "STRING")])


@pytest.mark.parametrize(
    "setting",
    [{"ignore_unknown_values": True}, {"max_bad_records": 1}, {"autodetect": True}],
)
def test_what_is_not_honoured_is_refused(load: Load, write: Write, setting: Any) -> None:
    with pytest.raises(BadRequest, match="of a load"):
        load(write(DAY), **setting)


def test_a_hundred_thousand_rows_take_a_moment(write: Write, load: Load) -> None:
    row = {**DAY, "job": 1, "name": "x" * 20, "amount": "12.34", "raw": {"name": "x" * 50}}
    uri = write(*[row] * 100_000)

    started = perf_counter()
    job = load(uri)

    assert job.output_rows == 100_000
    assert perf_counter() - started < 5  # Seconds; about 0.5 where nothing else runs.
