"""The checks at every commit: made right after each, before anybody else has a turn."""

from collections.abc import Iterable, Mapping

from tests.simulation.datasets import DatasetCheck
from tests.simulation.kinds import Kind
from tests.simulation.marts import MartCheck, ReportCheck
from tests.simulation.reference import Pull
from tests.simulation.warehouse import Read


class Invariants:
    """The checks of every dataset and mart of a history."""

    def __init__(self, kinds: Mapping[str, Kind], pulls: list[Pull], read: Read) -> None:
        self.commits = 0
        self.datasets = {
            kind.dataset: DatasetCheck(
                kind, [pull for pull in pulls if pull.dataset == kind.dataset], read
            )
            for kind in kinds.values()
        }
        marts = [MartCheck(check, read) for check in self.datasets.values()]
        self.marts = [*marts, ReportCheck(marts, read)]

    @property
    def logs(self) -> list[str]:
        """The change logs of all datasets and marts."""
        return [check.log_table for check in (*self.datasets.values(), *self.marts)]

    def after_commit(self, changed: Iterable[str]) -> None:
        """Check whatever takes part in the changed tables; raise ViolationError."""
        self.commits += 1
        names = set(changed)
        for check in (*self.datasets.values(), *self.marts):
            if names & check.tables:
                check.check()
