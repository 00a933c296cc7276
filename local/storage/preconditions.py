"""Preconditions of a request, as https://cloud.google.com/storage/docs/request-preconditions."""

from collections.abc import Mapping
from http import HTTPStatus

from local.storage.errors import ApiError
from local.storage.store import Resource

Query = Mapping[str, list[str]]

_FIELDS = {"Generation": "generation", "Metageneration": "metageneration"}


def check(query: Query, current: Resource | None, *, read: bool, source: bool = False) -> None:
    """Raise unless `current` (None: there is no such object) meets the query's preconditions.

    `source` looks at the ifSource… parameters, which speak of the object that is copied.
    """
    prefix = "ifSource" if source else "if"
    for parameter, field in _FIELDS.items():
        found = current[field] if current else "0"
        wanted = query.get(f"{prefix}{parameter}Match")
        unwanted = query.get(f"{prefix}{parameter}NotMatch")
        if wanted and wanted[0] != found:
            raise _failed()
        if unwanted and unwanted[0] == found:
            raise _not_modified() if read else _failed()


def _failed() -> ApiError:
    message = "At least one of the pre-conditions you specified did not hold."
    return ApiError(HTTPStatus.PRECONDITION_FAILED, "conditionNotMet", message)


def _not_modified() -> ApiError:
    return ApiError(HTTPStatus.NOT_MODIFIED, "notModified", "Not Modified")
