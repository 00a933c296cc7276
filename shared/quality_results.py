"""The results of checks, as ops.quality_results keeps them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from shared import warehouse
from shared.schemas import table_schema
from shared.statements import deployed, statement

TABLE = "ops.quality_results"

PASS, MENTION, FAIL = "pass", "mention", "fail"


@dataclass(frozen=True)
class Result:
    """One check of one subject. A `mention` is worth a look and not wrong."""

    check_name: str
    subject: str
    status: str
    expected: str | None
    observed: str | None
    detail: str | None


def record(results: Sequence[Result], step_id: str, run_id: str, pipeline: str) -> None:
    """Keep the results of a quality run; recording the same `step_id` again changes nothing."""
    if not results:
        return
    now = datetime.now(UTC)
    warehouse.execute(
        statement("ops/quality_results/record.sql", columns=", ".join(table_schema(TABLE).columns)),
        {
            "checked_at": now,
            "check_day": now.date(),
            "step_id": step_id,
            "run_id": run_id,
            "pipeline": pipeline,
            "results": [asdict(result) for result in results],
        },
        step="quality-record",
        job_id=warehouse.job_name("quality", step_id, deployed(TABLE)),
    )
