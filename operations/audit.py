"""The audit by command: everything that can be compared, over all of history."""

import argparse
import secrets
from datetime import UTC, datetime
from itertools import islice

from functions.quality.auditing import MOST_NAMED, audit_scope, audited, named_rows
from operations.console import note, say
from shared.catalog import catalog
from shared.protocol.audit import broken_promises
from shared.quality_results import FAIL, MENTION, Result

FAILED = 1


def audit(arguments: argparse.Namespace) -> int:
    """Audit one pipeline or all; print what failed, row by row."""
    audit_id, now = secrets.token_hex(4), datetime.now(UTC)
    broken = broken_promises(now)
    names = [arguments.pipeline] if arguments.pipeline else list(catalog().pipelines)
    results: list[Result] = []
    for name in names:
        note(f"auditing {name}: all that landed, its raw rows and its marts")
        scope = audit_scope(catalog().pipeline(name), f"audit-{audit_id}", now)
        found = audited(scope, broken, audit_id)
        for result in found:
            if result.status in (FAIL, MENTION):
                _show(result)
        for named in islice(named_rows(scope, found), MOST_NAMED):
            say(str(named))
        results += found
    failed = sum(result.status == FAIL for result in results)
    say(f"{len(results)} checks, {failed} failed")
    return FAILED if failed else 0


def _show(result: Result) -> None:
    say(f"{result.status}: {result.check_name}: {result.subject}")
    say(f"  expected {result.expected}")
    say(f"  found    {result.found}")
    for row_key in result.row_keys:
        say(f"  row      {row_key}")
    say(f"  look     {result.look}")
    say(f"  mend     {result.mend}")
