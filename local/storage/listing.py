"""objects.list, in pages."""

from http import HTTPStatus
from itertools import islice
from typing import Any

from gcp_storage_emulator.exceptions import BadRequest  # type: ignore[import-untyped]

from local.storage.errors import ApiError, bucket_not_found
from local.storage.preconditions import Query
from local.storage.store import ObjectStore

# https://cloud.google.com/storage/docs/json_api/v1/objects/list: "at most 1,000".
MOST_RESULTS = 1000


def list_objects(store: ObjectStore, bucket: str, query: Query) -> dict[str, Any]:
    """A page of the bucket's objects; the page token is the last name of the page before."""
    if bucket not in store.buckets:
        raise bucket_not_found()
    asked = {name: values[0] for name, values in query.items()}
    try:
        found, prefixes = store.get_file_list(
            bucket, asked.get("prefix"), asked.get("delimiter"), asked.get("matchGlob")
        )
    except BadRequest as error:
        raise ApiError(HTTPStatus.BAD_REQUEST, "invalid", str(error)) from error
    token, start, end = (asked.get(name, "") for name in ("pageToken", "startOffset", "endOffset"))
    wanted = (
        resource
        for resource in found
        if resource["name"] > token
        and resource["name"] >= start
        and (not end or resource["name"] < end)
    )
    size = min(int(asked.get("maxResults", MOST_RESULTS)), MOST_RESULTS)
    page = list(islice(wanted, size))
    answer = {"kind": "storage#objects", "items": page, "prefixes": [] if token else prefixes}
    if next(wanted, None):
        answer["nextPageToken"] = page[-1]["name"]
    return answer
