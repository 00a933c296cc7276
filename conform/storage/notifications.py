"""Notifications: what Cloud Storage publishes when an object comes to be."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core.exceptions import GoogleAPICallError
from google.api_core.retry import Retry, if_exception_type
from google.pubsub_v1.types import PubsubMessage

from conform.place import GRANT_SECONDS, Place
from conform.probes import Json, probe
from conform.pubsub.post import Post

SOURCE = "https://cloud.google.com/storage/docs/pubsub-notifications"
SECONDS, CENTS = GRANT_SECONDS + 120, 0.02
# How long a notification may take, and how long one that doesn't come is waited for.
PATIENCE_SECONDS = 60.0


class Notified:
    """A folder whose new objects are published."""

    def __init__(self, place: Place, post: Post, subscription: str, folder: str) -> None:
        self._place = place
        self._post = post
        self._subscription = subscription
        self.folder = folder

    def write(self, name: str) -> str:
        """Write an object into the folder; return its generation."""
        blob = self._place.bucket.blob(self.folder + name)
        blob.upload_from_string("text")
        return str(blob.generation)

    def messages(self, wanted: int) -> list[PubsubMessage]:
        """Return what was published, in the order of the generations."""
        received = self._post.gather(self._subscription, wanted, PATIENCE_SECONDS)
        messages = [each.message for each in received]
        return sorted(messages, key=lambda each: int(each.attributes["objectGeneration"]))


@contextmanager
def _notified(place: Place) -> Iterator[Notified]:
    post, topic = Post(place), place.notified_topic
    folder = place.name("folder") + "/"
    prefix = f'hasPrefix(attributes.objectId, "{folder}")'
    subscription = place.subscription(topic, filter=prefix)
    notification = place.bucket.notification(
        topic.rsplit("/", 1)[-1],
        event_types=["OBJECT_FINALIZE"],
        blob_name_prefix=folder,
        payload_format="JSON_API_V1",
    )
    # Until the grant is in force, Cloud Storage refuses: 403 or 400.
    again = Retry(if_exception_type(GoogleAPICallError), timeout=PATIENCE_SECONDS)
    again(notification.create)()
    yield Notified(place, post, subscription, folder)
    notification.delete()


@probe(
    "An object that comes to be is published, with its name and generation as attributes.",
    source=f"{SOURCE}#attributes",
    expected={
        "eventType": "OBJECT_FINALIZE",
        "payloadFormat": "JSON_API_V1",
        "bucketId": "RUN",
        "objectId": "…/drop.csv",
        "generation": True,
        "names": [
            "bucketId",
            "eventTime",
            "eventType",
            "notificationConfig",
            "objectGeneration",
            "objectId",
            "payloadFormat",
        ],
    },
    seconds=SECONDS,
    cents=CENTS,
)
def new_object_is_published(place: Place) -> Json:
    with _notified(place) as notified:
        generation = notified.write("drop.csv")
        (message,) = notified.messages(1)
    attributes = dict(message.attributes)
    same = attributes["objectGeneration"] == generation
    return {**attributes, "generation": same, "names": sorted(attributes)}


@probe(
    "The message holds the object's resource as JSON.",
    source=f"{SOURCE}#payload",
    expected={"kind": "storage#object", "name": "…/drop.csv", "size": "4"},
    seconds=SECONDS,
    cents=CENTS,
)
def message_holds_the_resource(place: Place) -> Json:
    with _notified(place) as notified:
        notified.write("drop.csv")
        (message,) = notified.messages(1)
    resource = json.loads(message.data)
    return {name: resource.get(name) for name in ("kind", "name", "size")}


@probe(
    "An overwrite is published too, and names the generation that it replaced.",
    source=f"{SOURCE}#attributes",
    expected={"first": None, "second": True},
    seconds=SECONDS,
    cents=CENTS,
)
def overwrite_is_published(place: Place) -> Json:
    with _notified(place) as notified:
        replaced = notified.write("drop.csv")
        notified.write("drop.csv")
        first, second = notified.messages(2)
    return {
        "first": first.attributes.get("overwroteGeneration"),
        "second": second.attributes.get("overwroteGeneration") == replaced,
    }


@probe(
    "A copy is published as a new object is; what is outside of the prefix is not.",
    source=f"{SOURCE}#events",
    expected=["copied.csv"],
    seconds=SECONDS,
    cents=CENTS,
)
def copies_are_published(place: Place) -> Json:
    with _notified(place) as notified:
        outside = place.bucket.blob(place.name("outside"))
        outside.upload_from_string("text")
        place.bucket.copy_blob(outside, place.bucket, f"{notified.folder}copied.csv")
        messages = notified.messages(1)
    return [each.attributes["objectId"].removeprefix(notified.folder) for each in messages]
