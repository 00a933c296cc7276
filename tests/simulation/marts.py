"""What holds of a mart at every commit: it may be behind its inputs, and is never wrong."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from shared.catalog import catalog
from tests.simulation import facts
from tests.simulation.datasets import DatasetCheck
from tests.simulation.facts import Facts
from tests.simulation.warehouse import Log, Read, Row, ViolationError


class MartLog:
    """A mart's table and its log. `versions`: what each version had to hold."""

    def __init__(self, name: str, read: Read) -> None:
        self.name = name
        self.read = read
        self.log = Log({})
        self.versions: dict[int, Facts | None] = {}

    @property
    def log_table(self) -> str:
        """The mart's change log."""
        return f"ops_log.{catalog().mart(self.name).log}"

    @cached_property
    def fact_table(self) -> str:
        """The table that is made."""
        (table,) = catalog().mart(self.name).tables
        return table.address

    @cached_property
    def made_from(self) -> frozenset[str]:
        """The logs of the mart's inputs."""
        known = catalog()
        return frozenset(f"ops_log.{name}" for name in known.inputs(known.mart(self.name)))

    @cached_property
    def tables(self) -> frozenset[str]:
        """The tables whose commits are checked."""
        return frozenset({self.fact_table, self.log_table})

    def check_history(self) -> None:
        """Check that the rows of every version can still be told."""
        (table,) = catalog().mart(self.name).tables
        rows = [*self.read(self.fact_table), *self.read(table.superseded)]
        for version, expected in self.versions.items():
            if version < 0 or expected is None:
                continue
            shown = [
                row
                for row in rows
                if row["_version"] <= version < row.get("_replaced_version", version + 1)
            ]
            self._compare("history", f"version {version} of {self.fact_table}", shown, expected)

    def check(self) -> None:
        """Check the log, and the rows against the versions that it names."""
        self.log = Log.of(self.read(self.log_table))
        self.log.check(self.log_table)
        expected = self.versions[self.log.newest] = self.expected()
        if expected is None:
            return
        self._compare("facts", self.fact_table, self.read(self.fact_table), expected)

    @staticmethod
    def _compare(invariant: str, what: str, rows: list[Row], expected: Facts) -> None:
        found = {(row["kpi_date"], row["bu_key"]): row for row in rows}
        if len(rows) != len(found):
            raise ViolationError(invariant, f"{what} has a place twice")
        if lines := facts.differences(found, expected):
            raise ViolationError(invariant, f"{what}: {'; '.join(lines)}")

    def expected(self) -> Facts | None:
        """Return what the newest version has to hold; None when nobody can say."""
        raise NotImplementedError

    def inputs(self, known: Mapping[str, Mapping[int, object]]) -> dict[str, int]:
        """Return the newest version's inputs; raise ViolationError for one that never was."""
        if self.log.newest < 0:
            return {}
        found = self._shown(self.log.newest)
        before = self._shown(self.log.newest - 1) if self.log.newest else {}
        for name, version in found.items():
            if version and version not in known.get(name, {}):
                raise ViolationError("inputs", f"{self.name} shows {name} {version}: never there")
            if version < before.get(name, 0):
                raise ViolationError("inputs", f"{self.name} went back to {name} {version}")
        return found

    def _shown(self, version: int) -> dict[str, int]:
        return {f"ops_log.{name}": shown for name, shown in self.log.inputs(version).items()}


class MartCheck(MartLog):
    """The checks of a mart that is made from one dataset."""

    def __init__(self, dataset: DatasetCheck, read: Read) -> None:
        super().__init__(dataset.kind.mart, read)
        self.dataset = dataset

    def expected(self) -> Facts | None:
        """Return the facts of the dataset's rows, as the version named had them."""
        inputs = self.inputs({self.dataset.log_table: self.dataset.versions})
        version = inputs.get(self.dataset.log_table, 0)
        rows = self.dataset.versions.get(version, [])
        is_lost = rows is None or self.dataset.refill is not None
        return None if is_lost else facts.FACTS[self.name](rows)


class ReportCheck(MartLog):
    """The checks of the consolidated report."""

    def __init__(self, marts: Sequence[MartCheck], read: Read) -> None:
        super().__init__("consolidated", read)
        self.marts = marts

    def expected(self) -> Facts | None:
        """Return the marts' facts side by side, as the versions named had them."""
        inputs = self.inputs({mart.log_table: mart.versions for mart in self.marts})
        shown = {
            mart.name: mart.versions.get(inputs.get(mart.log_table, 0), {}) for mart in self.marts
        }
        known = {name: rows for name, rows in shown.items() if rows is not None}
        return facts.consolidated(known) if len(known) == len(shown) else None
