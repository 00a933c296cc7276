"""What a service answers, as JSON."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.api_core.exceptions import GoogleAPICallError

from conform.probes import Json

DONE = "done"


def outcome(call: Callable[..., object], *arguments: Any, **settings: Any) -> Json:
    """Make a call; return "done", or the status, reason and message of its refusal."""
    try:
        call(*arguments, **settings)
    except GoogleAPICallError as error:
        return refusal(error)
    return DONE


def refusal(error: GoogleAPICallError) -> Json:
    """Return what an error says."""
    details = error.errors[0] if error.errors else {}
    details = details if isinstance(details, dict) else {}
    # Of what is uploaded and downloaded, Cloud Storage's client gives no details.
    code = error.grpc_status_code if isinstance(error.response, grpc.RpcError) else None
    return {
        "status": int(error.code or 0),
        "reason": details.get("reason") or (code.name if code else ""),
        "message": details.get("message") or error.message,
    }


def at_once(calls: Iterable[Callable[[], object]]) -> list[Json]:
    """Make several calls side by side; return their outcomes."""
    calls = list(calls)
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(outcome, calls))
