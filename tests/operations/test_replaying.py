"""A Partyhelp snapshot whose rejected rows are landed again with it."""

import gzip
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from operations.__main__ import main
from operations.replaying import A_MOMENT
from shared import bucket, fingerprints
from shared.catalog import catalog
from shared.days import Window
from shared.landing import Batch, Landed, Manifest
from shared.parts import Parts
from shared.rows import RowEncoder
from shared.source_columns import SourceColumn
from tests.functions.services import Services

PULLED_AT = datetime(2025, 10, 20, 5, 0, tzinfo=UTC)
DAY = date(2025, 10, 20)
BATCH = Batch("partyhelp", "partyhelp_snapshot", "b1")
TABLES: dict[str, tuple[list[str], list[list[Any]]]] = {
    "areas": (["id", "name"], [[1, "North"], ["many", "East"], [3, None]]),
    "occasion_types": (["id", "key", "label", "is_active"], [[1, "wedding", "Wedding", "1"]]),
}


def landed_table(name: str) -> Landed:
    names, rows = TABLES[name]
    table = catalog().dataset(BATCH.dataset).table(name)
    columns = [SourceColumn(each) for each in names]
    given = {"day": DAY}
    encoder = RowEncoder(table, columns, batch_id="b1", pulled_at=PULLED_AT, given=given)
    encoded = encoder.encode(rows)
    parts = Parts(BATCH, name)
    parts.write(encoded.lines, encoded.rejects, len(rows))
    objects, rejects = parts.close()
    prints = fingerprints.written(encoder.fingerprints.found())
    count = len(rows)
    return Landed(name, objects, rejects, count, count, encoder.rejected, (DAY,), prints)


@pytest.fixture
def snapshot(services: Services) -> Services:
    """A snapshot of two tables, of which one row was rejected."""
    BATCH.complete(
        Manifest(
            batch_id="b1",
            run_id="r1",
            pipeline=BATCH.pipeline,
            dataset=BATCH.dataset,
            business_units=None,
            window=Window(DAY, DAY),
            pulled_at=PULLED_AT,
            tables=tuple(map(landed_table, TABLES)),
        )
    )
    return services


def mend(services: Services) -> None:
    """Have the rejected row read otherwise, as a change of the catalogue would."""
    (blob,) = services.bucket.list_blobs(prefix="rejects/")
    sound = gzip.decompress(blob.download_as_bytes()).replace(b'"many"', b"2")
    blob.upload_from_string(gzip.compress(sound))


def lines(batch_id: str, table: str) -> list[dict[str, Any]]:
    manifest = Batch(BATCH.pipeline, BATCH.dataset, batch_id).manifest()
    assert manifest is not None
    (landed,) = [each for each in manifest.tables if each.table == table]
    read = [bucket.read_lines(bucket.object_name(address)) for address in landed.objects]
    return [json.loads(line) for each in read for line in each]


def test_a_snapshot_is_landed_again_as_another_batch_and_announced(snapshot: Services) -> None:
    mend(snapshot)
    assert main(["replay", BATCH.dataset, "b1"]) == 0
    (event,) = snapshot.published("ingest-completed")
    assert (event["landed"], event["rejected"]) == (4, 0)
    areas = lines(event["batch_id"], "areas")
    assert [(row["id"], row["name"], row["_row"]) for row in areas] == [
        (1, "North", 0),
        (2, "East", 1),
        (3, None, 2),
    ]
    assert {row["_pulled_at"] for row in areas} == {(PULLED_AT + A_MOMENT).isoformat()}
    assert {row["sync_date"] for row in areas} == {str(DAY)}
    (occasion,) = lines(event["batch_id"], "occasion_types")
    assert (occasion["key"], occasion["is_active"]) == ("wedding", True)


def test_what_still_does_not_fit_is_rejected_again(
    snapshot: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", BATCH.dataset, "b1"]) == 0
    said = capsys.readouterr().out
    assert "4 of 4 rows landed as batch" in said
    assert "1 are rejected again" in said


def test_a_snapshot_is_replayed_once(
    snapshot: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["replay", BATCH.dataset, "b1"])
    assert main(["replay", BATCH.dataset, "b1"]) == 2
    assert "replayed already" in capsys.readouterr().err
    assert len(snapshot.published("ingest-completed")) == 1
