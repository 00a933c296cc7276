"""Nights as the schedules have them, on a virtual clock, and every alarm that the checks raise."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from functions.quality import checking
from shared.catalog import catalog
from shared.days import Window
from shared.quality_results import FAIL, MENTION, Result
from tests.nights import chain
from tests.nights.tenant import Tenant, region_map
from tests.simulation.bigquery import SimulatedRuntime
from tests.simulation.choices import Choices
from tests.simulation.clock import virtual
from tests.simulation.network import Network
from tests.simulation.scheduler import Scheduler
from tests.simulation.services import Services

PIPELINE = "servicetitan"
# A Monday after the virtual clock begins.
FIRST_NIGHT = date(2025, 10, 27)
SUNDAY = 6
YEAR_BEFORE = timedelta(days=364)
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
SWEEP = time(4, 30)
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

    def __init__(self, seed: int = 7) -> None:
        self.findings = Findings()
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
        ):
            self._at(FIRST_NIGHT, time(9), scheduler, lambda: chain.run([region_map(FIRST_NIGHT)]))
            for number in range(count):
                day = FIRST_NIGHT + timedelta(days=number)
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

    def _at(self, on: date, at: time, scheduler: Scheduler, work: Callable[[], None]) -> None:
        """Do the work at that time of the business's day."""
        zone = ZoneInfo(catalog().pipeline(PIPELINE).zone)
        begins = datetime.combine(on, at, zone)
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
