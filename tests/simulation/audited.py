"""A schedule that is judged by the nightly audit of the protocol, and by nothing else."""

from collections.abc import Collection

from shared import runs
from shared.protocol.promises import violations
from tests.simulation.journal import journal_of, recorded
from tests.simulation.warehouse import ViolationError
from tests.simulation.world import Outcome, World


class AuditedWorld(World):
    """Goes on whatever breaks; fails where the records show that a promise was broken."""

    def run(self) -> Outcome:
        """Run the schedule to its end; its failure is what the audit finds."""
        outcome = super().run()
        rests = outcome.failure is None or outcome.failure.invariant != "progress"
        outcome.failure = self._broken(rests=rests)
        return outcome

    def _after_commit(self, changed: Collection[str]) -> None:
        super()._after_commit(changed)
        self.outcome.failure = None

    def _broken(self, *, rests: bool) -> ViolationError | None:
        """Return the first promise that was broken; a run that lost a message needn't end."""
        for violation in violations(journal_of(self)):
            return ViolationError(violation.promise, str(violation))
        if rests and not self.broker.has_lost:
            for status in runs.statuses(recorded(self.broker.published)):
                if not status.ended:
                    return ViolationError("ended", f"{status.run_id} is {status.state}")
        return None
