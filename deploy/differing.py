"""Differences between an existing resource and Baton's, in a few words each."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from deploy.wanted import BUCKET, DATASET, VIEW, Wanted

Resource = Mapping[str, Any]

# BigQuery's API has older names of some of SQL's types.
TYPES = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT"}


def differences(wanted: Wanted, there: Resource) -> Iterator[str]:
    """Yield what keeps it from being taken over."""
    if kind(wanted, there) != wanted.kind:
        yield f"a {kind(wanted, there)}, ours a {wanted.kind}"
    elif wanted.kind == DATASET:
        yield from _dataset(wanted.resource, there)
    elif wanted.kind == VIEW:
        yield from _view(wanted.resource, there)
    elif wanted.kind == BUCKET:
        yield "its rules for old files would become ours"
    else:
        yield from _table(wanted.resource, there)


def marks(wanted: Wanted, there: Resource, labels: Mapping[str, str]) -> Iterator[str]:
    """Yield what a deploy would write on it if it were taken over: labels, a description."""
    given = there.get("labels", {})
    if not labels.items() <= given.items():
        yield f"labels {_pairs(given) or 'none'}, ours {_pairs(labels)} beside them"
    ours = wanted.resource.get("description")
    if ours is not None and there.get("description", "") != ours:
        yield f"description {there.get('description', '')!r}, ours {ours!r}"


def additions(wanted: Wanted, there: Resource) -> list[str]:
    """Return its columns that ours lacks and that do no harm: they stay."""
    if wanted.kind in (DATASET, BUCKET) or kind(wanted, there) != wanted.kind:
        return []
    ours = _columns(wanted.resource)
    return [name for name, f in _columns(there).items() if name not in ours and not _required(f)]


def kind(wanted: Wanted, there: Resource) -> str:
    """Return what it is: a dataset, bucket, table, view, or what else BigQuery calls it."""
    if wanted.kind in (DATASET, BUCKET):
        return wanted.kind
    return str(there.get("type", "TABLE")).lower().replace("_", " ")


def rights(there: Resource) -> str:
    """Return who has a right on a dataset."""
    members = {
        str(entry.get(key))
        for entry in there.get("access", [])
        for key in ("userByEmail", "groupByEmail", "domain", "specialGroup", "iamMember")
        if key in entry
    }
    return ", ".join(sorted(members))


def written(there: Resource) -> str:
    """Return when it was last changed, in UTC."""
    changed = there.get("lastModifiedTime")
    if changed is None:
        return ""
    return f"{datetime.fromtimestamp(int(changed) / 1000, UTC):%Y-%m-%d %H:%M}"


def _dataset(ours: Resource, there: Resource) -> Iterator[str]:
    if there.get("location", "").lower() != ours["location"].lower():
        yield f"in {there.get('location')}, ours in {ours['location']}, which can't be changed"
    if there.get("defaultTableExpirationMs"):
        days = int(there["defaultTableExpirationMs"]) / 86_400_000
        yield f"its tables expire after {days:g} days, ours never"


def _view(ours: Resource, there: Resource) -> Iterator[str]:
    if " ".join(there["view"]["query"].split()) != " ".join(ours["view"]["query"].split()):
        yield "its query is another"


def _table(ours: Resource, there: Resource) -> Iterator[str]:
    yield from _column_differences(_columns(ours), _columns(there))
    for what, told in (("partitioning", _partitioning), ("clustering", _clustering)):
        if told(there) != told(ours):
            yield f"{what}: {told(there)}, ours {told(ours)}"


def _column_differences(ours: Resource, there: Resource) -> Iterator[str]:
    if lacking := [name for name in ours if name not in there]:
        yield f"no column {', '.join(lacking)}"
    for name, field in there.items():
        if name not in ours:
            if _required(field):
                yield f"{name}, a column of its own, is REQUIRED, so our loads would fail"
        elif _type(field) != _type(ours[name]):
            yield f"{name} is {_type(field)}, ours {_type(ours[name])}"
        elif _required(field) != _required(ours[name]):
            yield f"{name} is {_mode(field)}, ours {_mode(ours[name])}"


def _columns(resource: Resource) -> dict[str, Any]:
    fields = resource.get("schema", {}).get("fields", [])
    return {field["name"]: field for field in fields}


def _type(field: Resource) -> str:
    return TYPES.get(str(field["type"]), str(field["type"]))


def _mode(field: Resource) -> str:
    return str(field.get("mode") or "NULLABLE")


def _required(field: Resource) -> bool:
    return _mode(field) == "REQUIRED"


def _partitioning(resource: Resource) -> str:
    by = resource.get("timePartitioning")
    if "rangePartitioning" in resource:
        return f"by a range of {resource['rangePartitioning']['field']}"
    if not by:
        return "none"
    needed = resource.get("requirePartitionFilter") or by.get("requirePartitionFilter")
    return f"by {by['type']} of {by.get('field', 'loading')}{', filter required' * bool(needed)}"


def _clustering(resource: Resource) -> str:
    return ", ".join(resource.get("clustering", {}).get("fields", [])) or "none"


def _pairs(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(labels.items()))
