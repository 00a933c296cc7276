"""Show the findings of `adopt`, and write the variables and imports that a deploy needs.

Both files are beside the environment's own: <name>.adopted.tfvars.json, whose variables override
it, and <name>.imports.json with import blocks. They follow from what exists, so writing them again
changes nothing.
"""

import json
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from deploy import adopting, existing, refusals
from deploy.adopting import OURS, TAKEN, Family, There
from deploy.differing import kind, rights, written
from deploy.environment import Environment
from deploy.questions import Confirm
from deploy.times import shifted
from deploy.wanted import BUCKETS
from operations.console import table

HEADS = ("what", "is", "rows", "written, UTC", "what happens")
NOTHING = "Nothing that Baton would have exists already: make deploy\n"


def adopt(here: Environment, confirm: Confirm, take_over: Collection[str], shift: int) -> None:
    """Show what exists and what happens to it, ask, and write both files."""
    families = adopting.look(here, take_over)
    sys.stdout.write(_shown(families) if families else NOTHING)
    refusals.refuse(reason for family in families for reason in family.reasons)
    files = dict(_files(here, families, shift))
    if not files:
        return
    names = " and ".join(f"terraform/{path.name}" for path in files)
    if all(path.exists() and path.read_text(encoding="utf-8") == files[path] for path in files):
        sys.stdout.write(f"{names}: nothing to add\n")
        return
    sys.stdout.write("".join(files.values()))
    confirm(f"Write {names}?", str(here.project))
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")


def _files(
    here: Environment, families: Collection[Family], shift: int
) -> Iterator[tuple[Path, str]]:
    """Yield each file that a deploy needs, with its text."""
    if given := variables(here, families, shift):
        yield here.adopted_file, json.dumps(given, indent=2, sort_keys=True) + "\n"
    if taken := list(_taken(families)):
        yield here.imports_file, existing.import_blocks(taken)


def variables(here: Environment, families: Collection[Family], shift: int) -> dict[str, Any]:
    """Return the variables of a deploy beside what exists."""
    named = {family.name: family.another for family in families if family.another}
    datasets = {name: other for name, other in named.items() if name not in BUCKETS}
    buckets = {name: other for name, other in named.items() if name in BUCKETS}
    found: dict[str, Any] = {}
    if datasets:
        found["dataset_names"] = here.entries("dataset_names") | datasets
    if buckets:
        found["bucket_names"] = here.entries("bucket_names") | buckets
    if shift:
        found["schedule_times"] = shifted(shift) | here.entries("schedule_times")
    return found


def _taken(families: Collection[Family]) -> Iterator[existing.Found]:
    for family in families:
        if family.becomes == TAKEN:
            for each in family.there:
                yield existing.Found(each.wanted.address, each.place, ours=True)


def _shown(families: Collection[Family]) -> str:
    theirs = [family for family in families if family.becomes != OURS]
    rows = [_row(each, family) for family in theirs for each in family.there]
    told = [line for family in theirs for each in family.there for line in _told(each)]
    ours = sum(len(family.there) for family in families if family.becomes == OURS)
    return "\n".join([table(HEADS, rows), "", *told, f"{ours} more are Baton's already", ""])


def _row(each: There, family: Family) -> tuple[object, ...]:
    rows = each.resource.get("numRows")
    return (
        _name(each),
        kind(each.wanted, each.resource),
        None if rows is None else int(rows),
        written(each.resource),
        family.becomes,
    )


def _told(each: There) -> Iterator[str]:
    """Yield lines that say in what it differs, what is its own, and who has a right on it."""
    if told := each.differs or each.marks:
        yield f"{_name(each)}: {'; '.join(told)}"
    if each.added:
        yield f"{_name(each)}: columns of its own, which stay: {', '.join(each.added)}"
    if who := rights(each.resource):
        yield f"{_name(each)}: {who} may use it, and will"


def _name(each: There) -> str:
    """Return its name as people write it: dataset.table."""
    return each.place.partition("/datasets/")[2].replace("/tables/", ".") or each.place
