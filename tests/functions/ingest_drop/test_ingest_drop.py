"""Dropped files, from the notification's push to the batch."""

import gzip
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.landing import Manifest, read_manifest
from tests.functions.services import Services, push

LEADS_CSV = """\
Created Date,Business Unit,Job #,Customer Name,Job Type,Status,Job Status,Campaign Category,\
Campaign,Booked By,Assigned Technicians
10/13/2025,Phoenix-Sales,1001,"Ann, of Mesa",Estimate,,Scheduled,Web,Ads,Kim,Lee
10/15/2025,Tucson-Sales,1002,Bob,Estimate,,Done,Web,"Two
lines",Kim,
"""
MAP_CSV = """\
region_key,region_label,bu_key,bu_type
PHX,Phoenix,Phoenix-Sales,Sales
TUC,Tucson,Tucson-Sales,Sales
"""
TOTAL = "Total,,2,,,,,,,,\n"


def lead(**values: Any) -> dict[str, Any]:
    return {
        "CustomerName": "Ann",
        "CampaignCategory": "Web",
        "Campaign": "Ads",
        "JobType": "Estimate",
        "BookedBy": None,
        "JobNumber": "1001",
        "JobBusinessUnit": "Phoenix-Sales",
        "JobStatus": "Scheduled",
        "CreatedDate": "2025-10-13T00:00:00-07:00",
        "AssignedTechnicians": "",
    } | values


def ndjson(*rows: dict[str, Any]) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def announce(services: Services, name: str, content: bytes, **metadata: str) -> TestResponse:
    """Upload an object, and push its notification as Cloud Storage words it."""
    blob = services.drop(name, content, **metadata)
    return notify(services, name, str(blob.generation), metadata)


def notify(
    services: Services,
    name: str,
    generation: str,
    metadata: dict[str, str] | None = None,
    **change: Any,
) -> TestResponse:
    resource = {
        "bucket": services.bucket.name,
        "name": name,
        "generation": generation,
        "timeCreated": "2025-10-21T06:30:00.000Z",  # the 20th in Phoenix
        "metadata": metadata or {},
    } | change
    attributes = {
        "eventType": "OBJECT_FINALIZE",
        "payloadFormat": "JSON_API_V1",
        "bucketId": services.bucket.name,
        "objectId": name,
        "objectGeneration": generation,
    }
    return push("ingest_drop", "object-dropped", json.dumps(resource).encode(), attributes)


def landed(services: Services) -> Manifest:
    """The manifest that the one completion event points to."""
    (event,) = services.published("ingest-completed")
    return read_manifest(event["manifest_uri"])


def rows(services: Services, manifest: Manifest) -> list[dict[str, Any]]:
    prefix = f"gs://{services.bucket.name}/"
    found = []
    for uri in manifest.tables[0].objects:
        packed = services.bucket.blob(uri.removeprefix(prefix)).download_as_bytes()
        found += [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    return found


def reason(services: Services) -> str:
    """Why the one dead letter is there."""
    (message,) = services.messages("ingest-drop-dead-letters")
    assert [failure["function"] for failure in services.published("stage-failed")] == [
        "ingest_drop"
    ]
    return str(message.attributes["baton_reason"])


def test_an_export_lands_by_its_labels(services: Services) -> None:
    assert announce(services, "drop/leads/week.csv", LEADS_CSV.encode()).status_code == 200
    manifest = landed(services)
    first, second = rows(services, manifest)
    assert (first["job_created_on"], first["bu_key"]) == ("2025-10-13", "Phoenix-Sales")
    assert first["customer_name"] == "Ann, of Mesa"
    assert (second["campaign"], second["_row"]) == ("Two\nlines", 1)
    assert first["raw"]["Job #"] == "1001"


def test_the_files_own_rows_give_the_window_and_the_business_units(services: Services) -> None:
    announce(services, "drop/leads/week.csv", LEADS_CSV.encode())
    manifest = landed(services)
    assert [str(day) for day in manifest.tables[0].days] == ["2025-10-13", "2025-10-15"]
    assert (str(manifest.window.first), str(manifest.window.last)) == ("2025-10-13", "2025-10-15")
    assert manifest.business_units == ("Phoenix-Sales", "Tucson-Sales")
    assert manifest.run_id.startswith("drop-leads-20251020-")
    assert manifest.pulled_at.isoformat() == "2025-10-21T06:30:00+00:00"


def test_json_lines_land_by_the_apis_names(services: Services) -> None:
    content = ndjson(lead(), lead(JobNumber="1002", CreatedDate="2025-10-14T00:00:00-07:00"))
    announce(services, "drop/leads/week.ndjson", content)
    assert [row["job_id"] for row in rows(services, landed(services))] == ["1001", "1002"]


@pytest.mark.parametrize("name", ["week.jsonl", "week.json", "week.ndjson.gz", "week", "a/b c.csv"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_names_packing_and_byte_order_marks_do_not_matter(
    services: Services, name: str, packed: bool, mark: bytes
) -> None:
    content = mark + (LEADS_CSV.encode() if name.endswith(".csv") else ndjson(lead()))
    announce(services, f"drop/leads/{name}", gzip.compress(content) if packed else content)
    assert rows(services, landed(services))[0]["job_id"] == "1001"


def test_columns_may_have_the_tables_own_names(services: Services) -> None:
    announce(services, "drop/dim_regional_bu_map/map.csv", MAP_CSV.encode())
    manifest = landed(services)
    assert rows(services, manifest)[1]["region_label"] == "Tucson"
    assert manifest.business_units is None
    assert (str(manifest.window.first), str(manifest.window.last)) == ("2025-10-20", "2025-10-20")


def test_an_exports_grand_total_is_left_out(services: Services) -> None:
    announce(services, "drop/leads/week.csv", (LEADS_CSV + TOTAL).encode())
    manifest = landed(services)
    assert (manifest.fetched, manifest.rejected) == (2, 0)


def test_absent_keys_are_nulls(services: Services) -> None:
    short = lead(JobNumber="1002")
    del short["Campaign"]
    announce(services, "drop/leads/week.ndjson", ndjson(lead(), short))
    assert rows(services, landed(services))[1]["campaign"] is None


def test_a_row_that_does_not_fit_is_rejected_and_the_rest_lands(services: Services) -> None:
    content = ndjson(lead(), lead(JobNumber="1002", CreatedDate="soon"))
    announce(services, "drop/leads/week.ndjson", content)
    manifest = landed(services)
    assert (manifest.fetched, manifest.landed, manifest.rejected) == (2, 2, 1)
    assert len(manifest.tables[0].rejects) == 1


def test_the_rejects_of_a_file_that_fails_are_kept(services: Services) -> None:
    content = ndjson(*(lead(JobNumber=str(n), CreatedDate="soon") for n in range(9)))
    announce(services, "drop/leads/week.ndjson", content)
    assert "9 of 9 rows rejected" in reason(services)
    names = [blob.name for blob in services.bucket.list_blobs(prefix="rejects/")]
    assert len(names) == 1


def test_the_same_object_announced_twice_is_one_batch(services: Services) -> None:
    blob = services.drop("drop/leads/week.ndjson", ndjson(lead()))
    for _ in range(2):
        assert notify(services, blob.name, str(blob.generation)).status_code == 200
    first, second = services.published("ingest-completed")
    assert first == second


def test_the_same_name_dropped_again_is_another_batch(services: Services) -> None:
    for number in ("1001", "1002"):
        announce(services, "drop/leads/week.ndjson", ndjson(lead(JobNumber=number)))
    first, second = services.published("ingest-completed")
    assert first["batch_id"] != second["batch_id"]
    assert first["run_id"] != second["run_id"]


def test_metadata_may_tell_when_the_rows_were_pulled(services: Services) -> None:
    announce(services, "drop/leads/w.ndjson", ndjson(lead()), pulled_at="2025-10-14T01:00:00-07:00")
    assert landed(services).pulled_at.isoformat() == "2025-10-14T01:00:00-07:00"


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("drop/leads/", "OBJECT_FINALIZE"),
        ("landing/leads/x.ndjson", "OBJECT_FINALIZE"),
        ("drop/leads/x.ndjson", "OBJECT_DELETE"),
    ],
)
def test_what_is_no_dropped_file_is_acknowledged(services: Services, name: str, event: str) -> None:
    attributes = {"eventType": event, "objectId": name, "bucketId": "b", "objectGeneration": "1"}
    assert push("ingest_drop", "object-dropped", b"{}", attributes).status_code == 200
    assert services.published("ingest-completed") == []
    assert services.published("ingest-drop-dead-letters") == []


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("drop/lead/a.csv", b"a\n1\n", "unknown dataset 'lead': expected one of"),
        ("drop/a.csv", b"a\n1\n", "expected drop/<dataset>/<file>"),
        ("drop/leads/a.csv", b"", "expected rows, found none"),
        ("drop/leads/a.ndjson", b"\n\n", "expected rows, found none"),
        ("drop/leads/a.csv", b"Job #,Campaign\n1,Ads\n", "expected columns CreatedDate"),
        ("drop/leads/a.csv", b"Created Date;Job #\n1;2\n", "expected commas"),
        ("drop/leads/a.csv", b"Job #,job #\n1,2\n", "expected each column once, found job #"),
        ("drop/leads/a.csv", "Größe\n".encode("cp1252"), "expected UTF-8"),
        ("drop/leads/a.csv", LEADS_CSV.encode("utf-16"), "found UTF-16"),
        ("drop/leads/a.csv", LEADS_CSV.encode()[:-12], "line 3: expected CSV"),
        ("drop/leads/a.csv.gz", gzip.compress(LEADS_CSV.encode())[:-20], "damaged gzip"),
        ("drop/leads/a.json", b'[{"a": 1}]', "found a JSON array"),
        ("drop/leads/a.json", ndjson(lead()) + b"{nonsense\n", "line 2: expected JSON"),
        ("drop/leads/a.json", ndjson(lead()) + b"17\n", "line 2: expected a JSON object"),
        ("drop/leads/a.json", ndjson(lead(CreatedDate="")), "found none that fit"),
        (
            "drop/dim_regional_bu_map/a.csv",
            MAP_CSV.encode() + b"X,X,Tucson-Sales,Sales\n",
            "expected each bu_key once, found Tucson-Sales again",
        ),
    ],
)
def test_an_unusable_file_is_a_dead_letter_and_loads_nothing(
    services: Services, name: str, content: bytes, expected: str
) -> None:
    assert announce(services, name, content).status_code == 200
    assert expected in reason(services)
    assert services.published("ingest-completed") == []
    assert services.bucket.get_blob(name) is not None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"timeCreated": None}, "timeCreated: expected an ISO instant, found None"),
        ({"timeCreated": "2025-10-21T06:30:00"}, "timeCreated: expected an offset from UTC"),
        ({"timeCreated": "0001-01-01T00:00:00Z"}, "timeCreated: expected a day from 1960"),
        ({"metadata": "none"}, "metadata: expected an object, found 'none'"),
        ({"metadata": {"pulled_at": 7}}, "metadata pulled_at: expected an ISO instant, found 7"),
        ({"metadata": {"pulled_at": "9999-12-31T00:00:00Z"}}, "pulled_at: expected a day from"),
        ({"metadata": {"pulled_at": "2025-10-22T00:00:00Z"}}, "expected a moment before the file"),
    ],
)
def test_a_notification_that_can_not_be_is_a_dead_letter(
    services: Services, change: dict[str, Any], expected: str
) -> None:
    blob = services.drop("drop/leads/a.ndjson", ndjson(lead()))
    assert notify(services, blob.name, str(blob.generation), **change).status_code == 200
    assert expected in reason(services)


@pytest.mark.parametrize("generation", ["", "one", "٣", "9" * 30])
def test_a_generation_is_a_number(services: Services, generation: str) -> None:
    assert notify(services, "drop/leads/a.ndjson", generation).status_code == 200
    assert "objectGeneration: expected" in reason(services)


def test_a_generation_that_is_gone_is_explained(services: Services) -> None:
    blob = services.drop("drop/leads/a.ndjson", ndjson(lead()))
    services.drop("drop/leads/a.ndjson", ndjson(lead(JobNumber="1002")))
    notify(services, blob.name, str(blob.generation))
    assert "is gone: deleted or overwritten" in reason(services)
