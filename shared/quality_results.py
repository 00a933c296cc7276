"""The results of checks, as ops.quality_results keeps them."""

from dataclasses import dataclass

RESULTS = "ops.quality_results"

PASS, MENTION, FAIL = "pass", "mention", "fail"


@dataclass(frozen=True)
class Result:
    """One check of one subject. A `mention` is worth a look and not wrong."""

    check_name: str
    subject: str
    status: str
    expected: str
    found: str
    row_keys: list[str]
    look: str
    mend: str
