"""What holds of a dataset at every commit: its log, its current and superseded rows, the moves."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from shared.catalog import RawTable, catalog
from tests.simulation import reference
from tests.simulation.holds import Judge
from tests.simulation.kinds import Kind
from tests.simulation.reference import Pull, Pulled
from tests.simulation.warehouse import Log, Read, Row, ViolationError, withdrawn

Place = tuple[str, int]


@dataclass
class DatasetCheck:
    """The checks of one dataset. `versions`: its raw rows as each version had them.

    `refill`: once its raw table was lost, the request whose answer makes it whole again. Until then
    nobody can say what it holds, and its versions are None.
    """

    kind: Kind
    pulls: list[Pull]
    read: Read
    refill: str | None = None
    log: Log = field(default_factory=lambda: Log({}))
    versions: dict[int, list[Row] | None] = field(default_factory=dict)
    _taken: frozenset[tuple[str, str | None]] = frozenset()
    _held: frozenset[tuple[str, str | None]] = frozenset()
    _withdrawn: frozenset[str] = frozenset()

    @cached_property
    def table(self) -> RawTable:
        """The dataset's raw table."""
        return catalog().dataset(self.kind.dataset).tables[0]

    @cached_property
    def judge(self) -> Judge:
        """Who says what has to be held back."""
        dataset = catalog().dataset(self.kind.dataset)
        return Judge(
            self.kind.rules,
            frozenset(dataset.pipeline.business_units),
            self.table.max_removed_share,
            timedelta(hours=dataset.fresh_within_hours or 0),
        )

    @property
    def log_table(self) -> str:
        """The dataset's change log."""
        return f"ops_log.{catalog().dataset(self.kind.dataset).log}"

    @cached_property
    def tables(self) -> frozenset[str]:
        """The tables whose commits are checked."""
        return frozenset({self.table.address, self.table.superseded, self.log_table, "ops.moves"})

    def check(self) -> None:
        """Check everything after a commit; raise ViolationError."""
        self.log = Log.of(self.read(self.log_table))
        self.log.check(self.log_table)
        if self.refill is not None and self.refill not in self.log.requests:
            self.versions[self.log.newest] = None
            return
        self.refill = None
        self._check_settled()
        self._taken = frozenset(self.log.settled)
        self._held = frozenset(self.log.held) - self._taken
        self._withdrawn = withdrawn(self.log, self.read("ops.withdrawals"))
        raw = _by_place(self.read(self.table.address), "twice in the raw table")
        superseded = _by_place(self.read(self.table.superseded), "twice among the superseded rows")
        self._check_union(raw, superseded)
        self._check_keys(raw)
        self._check_current(raw)
        self._check_moves(raw)
        self._check_holds()
        self.versions[self.log.newest] = list(raw.values())

    def expected(self) -> list[Pulled]:
        """Return the current rows of what the log has settled."""
        return reference.current_rows(self.kind.rules, self.pulls, self.counts)

    def counts(self, pull: Pull, unit: str) -> bool:
        """Whether a pull counts for a unit: settled, and neither held back nor withdrawn."""
        return self._is_settled(pull, unit) and pull.batch_id not in self._withdrawn

    def _is_settled(self, pull: Pull, unit: str) -> bool:
        return (pull.batch_id, None) in self._taken and (pull.batch_id, unit) not in self._held

    def _check_holds(self) -> None:
        """The newest version has held back what it had to, and nothing else."""
        row = self.log.versions.get(self.log.newest)
        if row is None or row["cause"] == "refill" or not self.table.supersede_window:
            return
        new = {each["batch_id"] for each in row["settled"] if each["business_unit"] is None}
        found = {(each["batch_id"], each["business_unit"]) for each in row["held"]}
        arrived = [pull for pull in self.pulls if (pull.batch_id, None) in self._taken]
        for pull in sorted((p for p in arrived if p.batch_id in new), key=lambda pull: pull.age):
            new.discard(pull.batch_id)
            if pull.batch_id in self._withdrawn:
                continue
            later = new | {pull.batch_id}

            def counts(other: Pull, unit: str, later: set[str] = later) -> bool:
                return other.batch_id not in later and self.counts(other, unit)

            held = {(pull.batch_id, unit) for unit in self.judge.held(pull, arrived, counts)}
            mistaken = held ^ {each for each in found if each[0] == pull.batch_id}
            if mistaken:
                raise ViolationError("holds", f"{row['version']}: {sorted(mistaken)}, not {found}")

    def _check_settled(self) -> None:
        for taken, times in Counter(self.log.settled).items():
            if times > 1:
                raise ViolationError("settled", f"{taken} is settled {times} times")
            if taken[0] not in {pull.batch_id for pull in self.pulls}:
                raise ViolationError("settled", f"{taken} never landed")

    def _check_union(self, raw: dict[Place, Row], superseded: dict[Place, Row]) -> None:
        both = raw.keys() & superseded.keys()
        if both:
            raise ViolationError("union", f"{sorted(both)} both current and superseded")
        rows = reference.all_rows(self.kind.rules, self.pulls, self._is_settled)
        _compare("union", {*raw, *superseded}, {row.place for row in rows})

    def _check_keys(self, raw: dict[Place, Row]) -> None:
        if not self.kind.rules.key:
            return
        keys = Counter(tuple(row[name] for name in self.kind.rules.key) for row in raw.values())
        for key, times in keys.items():
            if times > 1:
                raise ViolationError("key", f"{key} is {times} times in {self.table.address}")

    def _check_current(self, raw: dict[Place, Row]) -> None:
        expected = self.expected()
        _compare("current", set(raw), {row.place for row in expected})
        for row in expected:
            if not row.values.items() <= raw[row.place].items():
                raise ViolationError("current", f"{raw[row.place]}, expected {row.values}")

    def _check_moves(self, raw: dict[Place, Row]) -> None:
        """Follow the recorded moves of each row to its place."""
        moves = [
            move for move in self.read("ops.moves") if move["table_name"] == self.table.address
        ]
        times = Counter((move["batch_id"], move["row_number"], move["version"]) for move in moves)
        if doubled := [move for move, count in times.items() if count > 1]:
            raise ViolationError("moves", f"recorded twice: {sorted(doubled)}")
        last: dict[Place, Row] = {}
        for move in sorted(moves, key=lambda move: move["version"]):
            last[move["batch_id"], move["row_number"]] = move
        current = {place for place, move in last.items() if move["direction"] == "in"}
        _compare("moves", current, set(raw))


def _by_place(rows: list[Row], trouble: str) -> dict[Place, Row]:
    places = Counter((row["_batch_id"], row["_row"]) for row in rows)
    if doubled := [place for place, times in places.items() if times > 1]:
        raise ViolationError("union", f"{trouble}: {sorted(doubled)}")
    return {(row["_batch_id"], row["_row"]): row for row in rows}


def _compare(invariant: str, found: set[Place], expected: set[Place]) -> None:
    if found != expected:
        raise ViolationError(
            invariant,
            f"not expected {sorted(found - expected)}, missing {sorted(expected - found)}",
        )
