"""What the quality stage does with a message: a chain's checks, or the audit."""

from collections.abc import Iterator

from functions.quality.auditing import audit
from functions.quality.checking import check
from shared.clock import Clock
from shared.event import Event
from shared.events import AuditRequested
from shared.stage import Message


def check_or_audit(message: Message, clock: Clock) -> Iterator[Event]:
    """Handle the end of a chain, or a request for an audit."""
    return (audit if message.topic == AuditRequested.topic else check)(message, clock)
