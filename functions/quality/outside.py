"""What no row of the warehouse shows: its views' own queries, and the protocol's record."""

from collections.abc import Iterator, Sequence
from typing import Any

from functions.quality.checks import Check, Part, Scope
from shared.catalog import catalog
from shared.protocol.audit import PROMISES
from shared.protocol.journal import Violation
from shared.schemas import SQL
from shared.settings import settings
from shared.statements import deployed, statement
from shared.views import view_query
from shared.warehouse.views import deployed_query

AS_THE_REPOSITORY = "as the repository's"
# The datasets of a pipeline's views begin like it; whatever is of no pipeline goes with the first.
_FIRST = "servicetitan"
_PARTYHELP = "partyhelp"


def audit_parts(scope: Scope, broken: Sequence[Violation]) -> Iterator[Part]:
    """Give the checks of the pipeline's views, and of its logs' promises: some may be broken."""
    yield _views(scope.pipeline.name)
    yield _promises(scope, broken)


def _views(pipeline: str) -> Part:
    addresses = [address for address in _addresses() if _pipeline_of(address) == pipeline]
    found = [
        {
            "check_name": AS_THE_REPOSITORY,
            "subject": each,
            "found": "another query",
            "row_key": each,
        }
        for each in addresses
        if view_query(each).split() != deployed_query(each).split()
    ]
    return _part(tuple(map(_view_check, addresses)), "views", found)


def _view_check(address: str) -> Check:
    return Check(
        name=AS_THE_REPOSITORY,
        subject=address,
        expected=f"the query of sql/{address.replace('.', '/')}/view.sql",
        look=f"bq show --view {settings().table(address)}",
        mend="`make deploy` makes it anew",
        is_of_days=False,
    )


def _promises(scope: Scope, broken: Sequence[Violation]) -> Part:
    logs = set(catalog().logs_of(scope.pipeline.name))
    is_first = scope.pipeline.name == _FIRST
    found = [
        {
            "check_name": f"protocol: {each.promise}",
            "subject": each.subject if each.subject in logs else scope.pipeline.name,
            "found": f"expected {each.expected}, found {each.found}",
            "row_key": f"{each.subject} {each.event}",
        }
        for each in broken
        if each.subject in logs or (is_first and each.subject not in catalog().logs)
    ]
    checks = [
        _promise_check(promise, subject)
        for promise in PROMISES
        for subject in (*sorted(logs), scope.pipeline.name)
    ]
    return _part(tuple(checks), "promises", found)


def _promise_check(promise: str, subject: str) -> Check:
    return Check(
        name=f"protocol: {promise}",
        subject=subject,
        expected="the promise kept",
        look=f"SELECT * FROM {deployed('ops.versions')} WHERE name = '{subject}' ORDER BY version",
        mend="`python -m operations protocol` shows every promise that was broken",
        is_of_days=False,
    )


def _part(checks: tuple[Check, ...], name: str, found: Sequence[dict[str, Any]]) -> Part:
    """Hand what was found to the script as a parameter, which has one empty entry at least."""
    nothing = dict.fromkeys(("check_name", "subject", "found", "row_key"), "")
    return Part(checks, statement("quality/outside.sql", name=name), {name: [nothing, *found]})


def _addresses() -> list[str]:
    return sorted(f"{p.parent.parent.name}.{p.parent.name}" for p in SQL.glob("*/*/view.sql"))


def _pipeline_of(address: str) -> str:
    return _PARTYHELP if address.startswith(_PARTYHELP) else _FIRST
