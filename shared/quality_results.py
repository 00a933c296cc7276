"""The results of checks, as ops.quality_results keeps them."""

from dataclasses import dataclass
from datetime import datetime

RESULTS, FINDINGS = "ops.quality_results", "ops.findings"

PASS, MENTION, FAIL = "pass", "mention", "fail"
OPENED, HEALED = "opened", "healed"


@dataclass(frozen=True)
class Result:
    """One check of one subject. A `mention` is worth a look and not wrong.

    `same_as` is the failed check that causes this failure. `alert` says whether the result raises
    or closes an alert.
    """

    check_name: str
    subject: str
    status: str
    expected: str
    found: str
    row_keys: list[str]
    same_as: str | None
    since: datetime | None
    look: str
    mend: str
    can_wait: bool
    alert: str | None
