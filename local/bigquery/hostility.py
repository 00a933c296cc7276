"""What a service may do to its clients, and seldom does: switched on by tests, drawn from a seed.

A commit delayed, an answer late, an answer lost after its effect or a connection dropped before it,
a job cancelled: each is something that BigQuery's and HTTP's contracts allow at any time.
"""

from dataclasses import dataclass

from local.bigquery.errors import BigQueryError, ConnectionDropped
from local.bigquery.runtime import Runtime

Range = tuple[float, float]


@dataclass
class Hostility:
    """How hostile the service is: seconds from and to, or probabilities; none of it at first.

    Args:
        pause: before each statement.
        commit: before each COMMIT.
        late: between a job's effect and its being done.
        cancelled: that a job is cancelled before a statement.
        dropped: that a connection ends before the request has an effect.
        lost: that it ends after the effect, before the answer.
    """

    pause: Range = (0, 0)
    commit: Range = (0, 0)
    late: Range = (0, 0)
    cancelled: float = 0
    dropped: float = 0
    lost: float = 0

    def before_statement(self, runtime: Runtime) -> None:
        """Pause; maybe cancel the job."""
        self._sleep(runtime, self.pause)
        if self._happens(runtime, self.cancelled):
            raise BigQueryError("stopped", "Job execution was cancelled")

    def before_commit(self, runtime: Runtime) -> None:
        """Delay a commit."""
        self._sleep(runtime, self.commit)

    def before_done(self, runtime: Runtime) -> None:
        """Delay the end of a job whose effect is there."""
        self._sleep(runtime, self.late)

    def before_request(self, runtime: Runtime) -> None:
        """Maybe drop the connection."""
        if self._happens(runtime, self.dropped):
            raise ConnectionDropped

    def before_answer(self, runtime: Runtime) -> None:
        """Maybe lose the answer."""
        if self._happens(runtime, self.lost):
            raise ConnectionDropped

    @staticmethod
    def _sleep(runtime: Runtime, seconds: Range) -> None:
        if seconds[1]:
            runtime.sleep(runtime.dice.uniform(*seconds))

    @staticmethod
    def _happens(runtime: Runtime, probability: float) -> bool:
        return bool(probability) and runtime.dice.random() < probability
