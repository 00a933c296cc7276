"""A bucket's notifications tell its topic of each new object, as the real service does."""

import json
from typing import Any

import pytest
from google.api_core.exceptions import NotFound
from google.cloud import storage

Published = list[tuple[str, bytes, dict[str, str]]]


@pytest.fixture(autouse=True)
def _forget_what_other_tests_published(published: Published) -> None:
    published.clear()


def _notify(bucket: storage.Bucket, **settings: Any) -> Any:
    settings = {"payload_format": "JSON_API_V1", **settings}
    notification = bucket.notification("object-dropped", topic_project="baton-local", **settings)
    notification.create()
    return notification


def test_a_new_object_is_published_with_its_resource(
    bucket: storage.Bucket, published: Published
) -> None:
    notification = _notify(bucket, custom_attributes={"pipeline": "drop"})
    blob = bucket.blob("drop/map.csv")
    blob.upload_from_string("a,b\n", content_type="text/csv")

    ((topic, data, attributes),) = published
    resource = json.loads(data)
    assert topic == "projects/baton-local/topics/object-dropped"
    assert (
        resource.items()
        >= {
            "kind": "storage#object",
            "id": f"{bucket.name}/drop/map.csv/{blob.generation}",
            "name": "drop/map.csv",
            "bucket": bucket.name,
            "generation": str(blob.generation),
            "metageneration": "1",
            "contentType": "text/csv",
            "size": "4",
            "md5Hash": blob.md5_hash,
            "crc32c": blob.crc32c,
        }.items()
    )
    assert attributes == {
        "notificationConfig": notification.path.replace("/b/", "projects/_/buckets/", 1),
        "eventType": "OBJECT_FINALIZE",
        "payloadFormat": "JSON_API_V1",
        "bucketId": bucket.name,
        "objectId": "drop/map.csv",
        "objectGeneration": str(blob.generation),
        "eventTime": resource["timeCreated"],
        "pipeline": "drop",
    }


def test_a_replaced_object_names_the_generation_that_it_overwrote(
    bucket: storage.Bucket, published: Published
) -> None:
    blob = bucket.blob("drop/map.csv")
    blob.upload_from_string("old")
    _notify(bucket)
    bucket.blob("drop/map.csv").upload_from_string("new")

    ((_, _, attributes),) = published
    assert attributes["overwroteGeneration"] == str(blob.generation)


def test_only_what_is_asked_for_is_published(bucket: storage.Bucket, published: Published) -> None:
    _notify(bucket, blob_name_prefix="drop/", event_types=["OBJECT_FINALIZE"])
    _notify(bucket, event_types=["OBJECT_DELETE"])
    for name in ("landing/a", "drop/b"):
        bucket.blob(name).upload_from_string("x")

    assert [attributes["objectId"] for _, _, attributes in published] == ["drop/b"]


def test_a_copy_and_a_chunked_upload_are_published_too(
    bucket: storage.Bucket, published: Published
) -> None:
    _notify(bucket, payload_format="NONE")
    with bucket.blob("streamed").open("wb") as file:
        file.write(b"x")
    bucket.rename_blob(bucket.blob("streamed"), "renamed")

    assert [(data, about["objectId"]) for _, data, about in published] == [
        (b"", "streamed"),
        (b"", "renamed"),
    ]


def test_notifications_are_listed_found_and_deleted(bucket: storage.Bucket, emulator: Any) -> None:
    notification = _notify(bucket, blob_name_prefix="drop/")

    (listed,) = bucket.list_notifications()
    assert (listed.topic_name, listed.blob_name_prefix) == ("object-dropped", "drop/")
    assert emulator.notifications(bucket.name)[0]["id"] == notification.notification_id
    bucket.get_notification(notification.notification_id).delete()

    assert list(bucket.list_notifications()) == []
    with pytest.raises(NotFound):
        notification.reload()
