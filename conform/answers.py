"""What a service answers, as JSON."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from google.api_core.exceptions import GoogleAPICallError

from conform.probes import Json

DONE = "done"


def outcome(call: Callable[[], object]) -> Json:
    """Make a call; return "done", or the status, reason and message of its refusal."""
    try:
        call()
    except GoogleAPICallError as error:
        return refusal(error)
    return DONE


def refusal(error: GoogleAPICallError) -> Json:
    """Return what an error says."""
    details = error.errors[0] if error.errors else {}
    details = details if isinstance(details, dict) else {}
    grpc = error.grpc_status_code
    return {
        "status": int(error.code or 0),
        "reason": details.get("reason") or (grpc.name if grpc else ""),
        "message": details.get("message") or error.message,
    }


def at_once(calls: Iterable[Callable[[], object]]) -> list[Json]:
    """Make several calls side by side; return their outcomes."""
    calls = list(calls)
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(outcome, calls))
