"""Rejected rows whose keys can't be read: lost, until their batch is replayed."""

from collections.abc import Iterator

from functions.quality.checks import Check, Part, Scope
from shared.statements import deployed, statement


def parts(scope: Scope) -> Iterator[Part]:
    """Give the check of each raw table."""
    checks = tuple(
        Check(
            name="rejected without key",
            subject=table.address,
            expected="none",
            look=f"SELECT batch_id, row_number FROM {deployed('ops.rejected_keys')} "
            f"WHERE table_name = '{table.address}' AND key_text IS NULL",
            dataset=dataset.name,
            mend=f"`python -m operations rejects {dataset.name} BATCH` shows the row; mend its "
            f"cause, then `python -m operations replay {dataset.name} BATCH`",
            is_of_days=False,
        )
        for dataset, table in scope.tables
    )
    yield Part(checks, statement("quality/rejected_without_key.sql"))
