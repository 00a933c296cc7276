"""Nights as the schedules have them, on a virtual clock, and every alarm that the checks raise."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from functions.quality import auditing, checking
from functions.quality.auditing import audit_scope, audited
from shared.catalog import catalog
from shared.days import Window
from shared.protocol.audit import broken_promises
from shared.quality_results import FAIL, MENTION, Result
from tests.nights import chain
from tests.nights.tenant import Tenant, region_map
from tests.simulation.bigquery import SimulatedRuntime
from tests.simulation.choices import Choices
from tests.simulation.clock import instant, virtual
from tests.simulation.network import Network
from tests.simulation.scheduler import Scheduler
from tests.simulation.services import Services

PIPELINE = "servicetitan"
# A Monday after the virtual clock begins.
FIRST_NIGHT = date(2025, 10, 27)
SUNDAY = 6
YEAR_BEFORE, WEEK = timedelta(days=364), timedelta(days=7)
# When each pull begins, and, of those after midnight, how many days later.
NIGHTLY = ("daily_wbr", time(21, 0))
WEEKLY = (
    ("collections", time(17, 0)),
    ("daily_wbr_consolidated", time(22, 30)),
    ("leads", time(23, 50)),
    ("foreman", time(23, 55)),
    ("future_bookings", time(23, 58)),
)
MONDAYS = (
    ("leads", time(1, 0)),
    ("daily_wbr", time(1, 10)),
    ("daily_wbr_consolidated", time(1, 20)),
    ("foreman", time(1, 30)),
    ("collections", time(1, 40)),
)
SWEEP, AUDIT = time(4, 30), time(6, 0)
MINUTES_BETWEEN_UNITS = 2


@dataclass
class Findings:
    """What the checks of all nights found."""

    alarms: list[str] = field(default_factory=list)
    mentions: Counter[str] = field(default_factory=Counter)
    passed: int = 0
    runs: int = 0

    def add(self, day: date, results: list[Result]) -> None:
        """Take the results of one run."""
        self.runs += 1
        for result in results:
            if result.status == FAIL:
                name = f"{result.check_name}: {result.subject}"
                self.alarms.append(
                    f"{day} {name}: expected {result.expected}, found {result.found}"
                )
            elif result.status == MENTION:
                self.mentions[result.check_name] += 1
            else:
                self.passed += 1


class Year:
    """A deployment and the company whose numbers it pulls each night."""

    def __init__(self, seed: int = 7, zone: str | None = None, first: date = FIRST_NIGHT) -> None:
        self.findings = Findings()
        self._first = first
        self._zone = ZoneInfo(zone or catalog().pipeline(PIPELINE).zone)
        self._network = Network.quiet()
        self._tenant = Tenant(seed)
        self._services = Services(self._network, checked=True)
        self._services.begin(f"ops_log.{log}" for log in catalog().logs)

    def nights(self, count: int) -> Iterator[date]:
        """Live night after night; yield each when it is over."""
        scheduler = self._network.scheduler
        runtime = SimulatedRuntime(scheduler, Choices(""), lambda line: None)
        self._services.runtime.__dict__.update(vars(runtime))
        with (
            self._services.in_force(self._network, lambda *_: "", lambda line: None),
            virtual(scheduler, Choices("")),
            patch.dict(vars(catalog().pipeline(PIPELINE)), zone=self._zone.key),
        ):
            first = self._first
            self._at(first, time(9), scheduler, lambda: chain.run([region_map(first)]))
            for number in range(count):
                day = first + timedelta(days=number)
                self._night(day, scheduler)
                yield day

    def _night(self, day: date, scheduler: Scheduler) -> None:
        self._tenant.live(day)
        week = Window(day - timedelta(days=6), day)
        steps = [(day, *NIGHTLY, week)]
        if day.weekday() == SUNDAY:
            ahead = Window(day, day + timedelta(days=364))
            steps += [
                (day, name, at, ahead if name == "future_bookings" else week) for name, at in WEEKLY
            ]
            before = Window(week.first - YEAR_BEFORE, week.last - YEAR_BEFORE)
            steps += [(day + timedelta(days=1), name, at, before) for name, at in MONDAYS]
        for on, name, at, window in sorted(steps, key=lambda step: step[:1] + step[2:3]):
            self._at(on, at, scheduler, lambda n=name, w=window: self._pull(day, n, w))
        morning = day + timedelta(days=1)
        self._at(morning, SWEEP, scheduler, lambda: chain.look_again(PIPELINE, f"sweep-{morning}"))
        if day.weekday() == SUNDAY:
            self._at(morning, AUDIT, scheduler, lambda: self._audit(morning))

    def _audit(self, on: date) -> None:
        """Audit all of history; each night would take too long here."""
        now = instant(self._network.scheduler.now)
        with patch.object(auditing, "FIRST_DAY", self._first - YEAR_BEFORE - WEEK):
            scope = audit_scope(catalog().pipeline(PIPELINE), f"audit-{on}", now)
        self.findings.add(on, audited(scope, broken_promises(now), str(on)))

    def _at(self, on: date, at: time, scheduler: Scheduler, work: Callable[[], None]) -> None:
        """Do the work at that time of the business's day."""
        begins = datetime.combine(on, at, self._zone)
        scheduler.now = max(scheduler.now, begins.timestamp())
        scheduler.complete(f"{begins:%Y-%m-%d %H:%M}", lambda: self._checked(on, work))

    def _checked(self, day: date, work: Callable[[], None]) -> None:
        """Do the work, and keep what the checks find meanwhile."""
        run_checks = checking.run_checks

        def noting(cause: Any) -> list[Result]:
            results = run_checks(cause)
            self.findings.add(day, results)
            return results

        checking.run_checks = noting
        try:
            work()
        finally:
            checking.run_checks = run_checks

    def _pull(self, day: date, name: str, window: Window) -> None:
        dataset = catalog().dataset(name)
        now = datetime.fromtimestamp(self._network.scheduler.now, ZoneInfo("UTC"))
        batches = [
            self._tenant.pull(
                name, window, now + timedelta(minutes=MINUTES_BETWEEN_UNITS * place), unit
            )
            for place, unit in enumerate(dataset.pulled_units)
        ]
        self._network.scheduler.now += 60 * MINUTES_BETWEEN_UNITS * (len(batches) - 1) + 600
        chain.run(batches)
