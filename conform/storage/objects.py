"""Objects: what is missing, what is written once, and what a listing shows."""

from google.cloud import storage

from conform.answers import DONE, at_once, outcome
from conform.place import Place
from conform.probes import Difference, Json, probe

DOCS = "https://cloud.google.com/storage/docs"
MISSING = f"{DOCS}/json_api/v1/objects/get"
PRECONDITIONS = f"{DOCS}/request-preconditions"
SECONDS, CENTS = 30, 0.01
NOT_FOUND = {"status": 404}
FAILED = {"status": 412}
NO_RIGHTS = Difference("It has no rights: everybody may do everything.")
RIVALS = 8


def _blob(place: Place, text: str | None = None) -> storage.Blob:
    blob = place.bucket.blob(place.name("object"))
    if text is not None:
        blob.upload_from_string(text)
    return blob


@probe(
    "An object that isn't there is not found by whoever may list the bucket.",
    source=MISSING,
    expected=NOT_FOUND,
    seconds=SECONDS,
    cents=CENTS,
)
def missing_object_is_not_found(place: Place) -> Json:
    return outcome(_blob(place).download_as_bytes)


@probe(
    "An object that isn't there is forbidden to whoever may read the bucket but not list it.",
    source=MISSING,
    expected={"present": DONE, "missing": {"status": 403}},
    seconds=SECONDS,
    cents=CENTS,
    local=NO_RIGHTS,
)
def missing_object_is_forbidden_without_listing(place: Place) -> Json:
    present, missing = _blob(place, "text"), _blob(place)
    reader = place.narrowed("roles/storage.legacyObjectReader").bucket(place.bucket.name)
    return {
        "present": outcome(reader.blob(present.name).download_as_bytes),
        "missing": outcome(reader.blob(missing.name).download_as_bytes),
    }


@probe(
    "An object that isn't there is not found by whoever has roles/storage.objectViewer.",
    source=f"{DOCS}/access-control/iam-roles",
    expected=NOT_FOUND,
    seconds=SECONDS,
    cents=CENTS,
    local=NO_RIGHTS,
)
def missing_object_is_not_found_by_viewers(place: Place) -> Json:
    viewer = place.narrowed("roles/storage.objectViewer").bucket(place.bucket.name)
    return outcome(viewer.blob(place.name("object")).download_as_bytes)


@probe(
    "A bucket that isn't there is not found.",
    source=MISSING,
    expected=NOT_FOUND,
    seconds=SECONDS,
    cents=CENTS,
)
def missing_bucket_is_not_found(place: Place) -> Json:
    bucket = place.storage_client.bucket(place.name("bucket"))
    return outcome(bucket.blob("object").download_as_bytes)


@probe(
    "An object that isn't there can't be deleted.",
    source=f"{DOCS}/json_api/v1/objects/delete",
    expected=NOT_FOUND,
    seconds=SECONDS,
    cents=CENTS,
)
def missing_object_is_not_deleted(place: Place) -> Json:
    return outcome(_blob(place).delete)


@probe(
    "With if_generation_match=0 an object is created, and never replaced.",
    source=PRECONDITIONS,
    expected={"first": DONE, "second": FAILED, "text": "first"},
    seconds=SECONDS,
    cents=CENTS,
)
def object_is_created_once(place: Place) -> Json:
    blob = _blob(place)
    first, second = (
        outcome(blob.upload_from_string, text, if_generation_match=0)
        for text in ("first", "second")
    )
    return {"first": first, "second": second, "text": blob.download_as_text()}


@probe(
    "Of several who create one object at once with if_generation_match=0, one succeeds.",
    source=PRECONDITIONS,
    expected={"created": 1},
    seconds=SECONDS,
    cents=CENTS,
)
def one_creator_succeeds(place: Place) -> Json:
    name = place.name("object")

    def create() -> None:
        place.bucket.blob(name).upload_from_string("text", if_generation_match=0)

    return {"created": at_once([create] * RIVALS).count(DONE)}


@probe(
    "An object is replaced only if it still has the generation that is named.",
    source=PRECONDITIONS,
    expected={"known": DONE, "stale": FAILED, "text": "second"},
    seconds=SECONDS,
    cents=CENTS,
)
def stale_generation_is_not_replaced(place: Place) -> Json:
    blob = _blob(place, "first")
    generation = blob.generation
    known, stale = (
        outcome(blob.upload_from_string, text, if_generation_match=generation)
        for text in ("second", "third")
    )
    return {"known": known, "stale": stale, "text": blob.download_as_text()}


@probe(
    "Each overwrite has a larger generation, and an older one is not found.",
    source=f"{DOCS}/metadata#generation-number",
    expected={"larger": True, "older": NOT_FOUND},
    seconds=SECONDS,
    cents=CENTS,
)
def generations_grow(place: Place) -> Json:
    blob = _blob(place, "first")
    first = blob.generation
    blob.upload_from_string("second")
    older = place.bucket.blob(blob.name, generation=first)
    return {"larger": blob.generation > first, "older": outcome(older.download_as_bytes)}


@probe(
    "A listing has an object as soon as it is written, and no longer once it is deleted.",
    source=f"{DOCS}/consistency",
    expected=[1, 0],
    seconds=SECONDS,
    cents=CENTS,
)
def listing_is_consistent(place: Place) -> Json:
    blob = _blob(place, "text")
    written = len(list(place.bucket.list_blobs(prefix=blob.name)))
    blob.delete()
    return [written, len(list(place.bucket.list_blobs(prefix=blob.name)))]


@probe(
    "A listing by prefix is in the order of the names.",
    source=f"{DOCS}/json_api/v1/objects/list",
    expected=["10", "9", "a/b", "ü"],
    seconds=SECONDS,
    cents=CENTS,
)
def listing_is_in_order(place: Place) -> Json:
    folder = place.name("folder") + "/"
    for name in ("ü", "9", "a/b", "10"):
        place.bucket.blob(folder + name).upload_from_string("text")
    return [blob.name.removeprefix(folder) for blob in place.bucket.list_blobs(prefix=folder)]


@probe(
    "An upload whose MD5 is not that of its content is refused.",
    source=f"{DOCS}/data-validation",
    expected={"upload": {"status": 400}, "stored": False},
    seconds=SECONDS,
    cents=CENTS,
)
def wrong_digest_is_refused(place: Place) -> Json:
    blob = _blob(place)
    blob.md5_hash = "1B2M2Y8AsgTpgAmY7PhCfg=="  # That of nothing.
    upload = outcome(blob.upload_from_string, "text")
    return {"upload": upload, "stored": place.bucket.blob(blob.name).exists()}


@probe(
    "The metadata of an object comes with it.",
    source=f"{DOCS}/metadata#custom-metadata",
    expected={"mark": "42"},
    seconds=SECONDS,
    cents=CENTS,
)
def metadata_is_kept(place: Place) -> Json:
    blob = _blob(place)
    blob.metadata = {"mark": "42"}
    blob.upload_from_string("text")
    found = place.bucket.get_blob(blob.name)
    return found.metadata if found else None
