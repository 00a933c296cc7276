"""Decide what happens to existing resources: taken over, kept with ours beside them, or refused.

Looking changes nothing, and a deploy never changes what exists: a resource that differs keeps its
name, and ours gets another one. The datasets of a family are renamed together.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from deploy import api, wanted
from deploy.differing import additions, differences, marks
from deploy.environment import Environment
from deploy.existing import PARALLEL
from deploy.wanted import BUCKET, BUCKETS, DATASET, Wanted
from shared.settings import Settings

OURS, TAKEN, REFUSED = "Baton's already", "taken over as it is", "refused"
KEPT = "kept; ours beside it: {}"
# How many names are tried for ours: baton_st_raw, baton_st_raw_2, …
MOST_NAMES = 9


@dataclass(frozen=True)
class There:
    """Something that exists under a name that ours would have.

    It `differs` in what can't be written over, `marks` are labels and a description that a deploy
    would, and `added` its own columns, which stay.
    """

    wanted: Wanted
    place: str
    resource: Mapping[str, Any]
    differs: tuple[str, ...]
    marks: tuple[str, ...]
    added: tuple[str, ...]
    is_ours: bool


@dataclass(frozen=True)
class Family:
    """Datasets of one name, or a bucket: what exists of it, and what happens to all of that.

    `another` is the name that ours gets, `reasons` say why it is refused.
    """

    name: str
    there: tuple[There, ...]
    becomes: str
    another: str | None = None
    reasons: tuple[str, ...] = ()


# Names for ours, each with what exists under it.
Others = Iterable[tuple[str, tuple[There, ...]]]


def look(here: Environment, take_over: Collection[str]) -> list[Family]:
    """Look at all that ours would have; families named in `take_over` may get our marks."""
    found = []
    for name, members in wanted.families(here).items():
        there = _there(here, here.settings, members)
        others = _datasets_beside(here, name, members)
        prefix = here.settings.prefix.replace("-", "_")
        found.append(_decided(name, there, others, prefix, may_mark=name in take_over))
    for name in BUCKETS:
        own = here.entries("bucket_names").get(name, here.bucket(name))
        others = ((other, _bucket(here, name, other)) for other in _names(own, "-"))
        found.append(_decided(name, _bucket(here, name, own), others, "", may_mark=False))
    return [family for family in found if family.there]


def labels(here: Environment) -> dict[str, str]:
    """Return the labels of the environment, as terraform/sources.tf gives them."""
    return {"app": "baton", "environment": here.prefix.removesuffix("-") or "main"}


def _decided(
    name: str, there: tuple[There, ...], others: Others, prefix: str, *, may_mark: bool
) -> Family:
    foreign = [each for each in there if not each.is_ours]
    differing = [each for each in foreign if each.differs]
    if not foreign:
        return Family(name, there, OURS)
    if not differing and (may_mark or not any(each.marks for each in foreign)):
        return Family(name, there, TAKEN)
    if len(foreign) < len(there) or may_mark:
        return Family(name, there, REFUSED, reasons=tuple(_reasons(differing or foreign)))
    for another, beside in others:
        strangers = [each for each in beside if not each.is_ours]
        if not strangers:
            return Family(name, there, KEPT.format(f"{prefix}{another}"), another)
        if len(strangers) < len(beside):  # Ours is there already, and stays there.
            return Family(name, there, REFUSED, reasons=tuple(_reasons(strangers)))
    return Family(name, there, REFUSED, reasons=(f"{name}: none of its other names is free",))


def _reasons(foreign: Iterable[There]) -> Iterator[str]:
    for each in foreign:
        why = "; ".join(each.differs or each.marks)
        yield (
            f"{each.place} is somebody's own and can't become Baton's ({why}): rename it, or give "
            "ours another name in dataset_names"
        )


def _datasets_beside(here: Environment, family: str, members: list[Wanted]) -> Others:
    for name in _names(f"baton_{family}", "_"):
        yield name, _there(here, wanted.renamed(here.settings, {family: name}), members)


def _names(first: str, between: str) -> Iterator[str]:
    return chain([first], (f"{first}{between}{number}" for number in range(2, MOST_NAMES + 1)))


def _there(here: Environment, settings: Settings, members: list[Wanted]) -> tuple[There, ...]:
    """Return what exists of a family; where there is no dataset, there is no table."""
    datasets = _asked(here, settings, [each for each in members if each.kind == DATASET])
    exist = {each.wanted.name for each in datasets}
    within = [each for each in members if each.kind != DATASET and _dataset(each) in exist]
    return (*datasets, *_asked(here, settings, within))


def _dataset(each: Wanted) -> str:
    return each.name.partition(".")[0]


def _asked(here: Environment, settings: Settings, members: list[Wanted]) -> list[There]:
    with ThreadPoolExecutor(PARALLEL) as pool:
        return [found for found in pool.map(partial(_ask, here, settings), members) if found]


def _ask(here: Environment, settings: Settings, each: Wanted) -> There | None:
    place = each.path(settings)
    resource = api.find(api.url("BIG_QUERY", place), settings.project)
    return None if resource is None else _compared(here, each, place, resource)


def _bucket(here: Environment, purpose: str, name: str) -> tuple[There, ...]:
    """Return the bucket of a name; one of another project's, which can't be seen, is there too."""
    try:
        resource = api.find(api.url("STORAGE", f"b/{name}"), str(here.project))
    except api.RefusedError as refused:
        if refused.status != 403:
            raise
        resource = {}
    each = Wanted(BUCKET, purpose, {})
    return () if resource is None else (_compared(here, each, name, resource),)


def _compared(here: Environment, each: Wanted, place: str, resource: Mapping[str, Any]) -> There:
    ours = labels(here)
    return There(
        wanted=each,
        place=place,
        resource=resource,
        differs=tuple(differences(each, resource)),
        marks=tuple(marks(each, resource, ours)),
        added=tuple(additions(each, resource)),
        is_ours=ours.items() <= resource.get("labels", {}).items(),
    )
