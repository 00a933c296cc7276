"""What the audit says of the protocol: every promise that the last weeks' records show broken."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared import runs
from shared.protocol import reading
from shared.protocol.journal import Violation
from shared.protocol.promises import violations

LOOKS_BACK = timedelta(days=35)

# Every promise that there is: those of `promises`, and that runs end.
PROMISES = ("numbered", "once", "entered", "rows", "inputs", "days", "events", "ended")

# A run whose last event is older should have ended, waiting and retrying included.
RESTS = timedelta(hours=24)


def broken_promises(now: datetime, looks_back: timedelta = LOOKS_BACK) -> list[Violation]:
    """Return the promises that were broken since `now - looks_back`.

    Takes at most four queries. The events are read first: what they say is in the logs by then.
    """
    since = now - looks_back
    records = runs.recorded(since, now)
    journal = reading.read(since, [record.event for record in records])
    return [*violations(journal), *_endless(runs.statuses(records), now)]


def _endless(found: list[runs.RunStatus], now: datetime) -> Iterator[Violation]:
    for run in found:
        if run.ended or run.started is None:
            continue
        last = run.started + timedelta(seconds=run.seconds)
        if last < now - RESTS:
            waits = ", ".join(f"{s.stage} {s.subject}" for s in run.stages if s.done < s.expected)
            expected = f"an end within {RESTS.total_seconds() / 3600:.0f} hours"
            yield Violation("ended", run.run_id, f"its last event at {last:%F %T}", expected, waits)
