"""One schedule: a history on simulated services, from its beginning to quiescence."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from tests.simulation import acts, ending
from tests.simulation.bigquery import SimulatedRuntime
from tests.simulation.broker import Broker
from tests.simulation.choices import Choices
from tests.simulation.clock import virtual
from tests.simulation.histories import Event, Land, Sweep
from tests.simulation.instances import Instances
from tests.simulation.invariants import Invariants
from tests.simulation.kinds import KINDS
from tests.simulation.network import Network, Weather
from tests.simulation.recorder import Recorder
from tests.simulation.scheduler import Scheduler
from tests.simulation.services import FUNCTIONS, Services
from tests.simulation.warehouse import ViolationError

# Virtual time, and messages, after which a schedule should long have come to rest.
LONGEST_SECONDS = 30 * 86400.0
MOST_MESSAGES = 2000

# What was announced in the last hour the sweep leaves alone. Sometimes no night comes in time, and
# staging tables have expired.
HOURS_TO_NIGHT = (6, 6, 15 * 24)

WEATHERS = (
    Weather(),
    Weather(delayed=0.02),
    Weather(delayed=0.06),
    Weather(delayed=0.01, killed=0.02),
    Weather(delayed=0.03, killed=0.01, broken=0.02),
    Weather(delayed=0.05, killed=0.02, broken=0.02),
)


@dataclass
class Outcome:
    """How a schedule ended.

    `deviations`: where chance had its way; `trace`: everything that happened; `digest`: the same
    for the same trace.
    """

    seed: str
    failure: ViolationError | None = None
    commits: int = 0
    dead_letters: int = 0
    deviations: dict[str, object] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)
    digest: str = ""


def loses_messages(choices: Choices) -> bool:
    """Whether messages are lost in a schedule."""
    return choices.number("lost") % 12 == 0


def has_new_logs(choices: Choices) -> bool:
    """Whether the change logs of a schedule begin without a version 0."""
    return choices.one_of("logs", (False, False, False, True))


def hours_to_night(choices: Choices) -> int:
    """Return when the night's sweep comes in a schedule that loses messages."""
    return choices.one_of("night", HOURS_TO_NIGHT)


class World:
    """A history, the services, and all that chance does to them."""

    def __init__(
        self,
        services: Services,
        seed: str,
        history: Sequence[Event],
        only: Collection[str] | None = None,
    ) -> None:
        self.history = history
        self.services = services
        self.scheduler = Scheduler()
        self.choices = Choices(seed, only)
        self.outcome = Outcome(seed)
        weather = self.choices.one_of("weather", WEATHERS)
        runtime = SimulatedRuntime(
            self.scheduler,
            self.choices,
            self.trace,
            delayed=weather.delayed,
            cancelled=self.choices.one_of("cancelled", (0.0, 0.0, 0.02)),
        )
        services.clear(runtime)
        most = {name: self.choices.one_of(f"{name}s", (2, 3, 4)) for name in FUNCTIONS}
        self.instances = Instances(self.scheduler, services.apps, most, self.trace)
        self.network = Network(
            self.scheduler, self.choices, weather, self.trace, self.instances.kill
        )
        self.recorder = Recorder(self.scheduler, services.plan)
        self.broker = Broker(
            self.scheduler,
            self.choices,
            tuple(push for push in services.plan.pushes if push.function in FUNCTIONS),
            self.instances.push,
            self.trace,
            duplicated=self.choices.one_of("duplicated", (0.0, 0.1, 0.3)),
            lost=0.1 if loses_messages(self.choices) else 0.0,
        )
        pulls = [event.act.pull for event in history if isinstance(event.act, Land)]
        self.invariants = Invariants(KINDS, pulls, services.read)
        if not has_new_logs(self.choices):
            services.begin(self.invariants.logs)

    def run(self) -> Outcome:
        """Run the schedule to its end, or to the first violation."""
        with (
            self.services.in_force(self.network, self._publish, self._log),
            virtual(self.scheduler, self.choices),
            self.services.watched(self._after_commit),
        ):
            try:
                self._run()
            except ViolationError as error:
                self.outcome.failure = error
            finally:
                self.scheduler.close()
        self.outcome.commits = self.invariants.commits
        self.outcome.dead_letters = len(self.broker.dead)
        self.outcome.deviations = self.choices.deviations
        self.outcome.digest = sha256("\n".join(self.outcome.trace).encode()).hexdigest()[:16]
        return self.outcome

    def trace(self, line: str) -> None:
        """Add a line to the trace."""
        self.outcome.trace.append(f"{self.scheduler.now - self.scheduler.began:10.3f} {line}")

    def _run(self) -> None:
        for number, event in enumerate(self.history):
            self.scheduler.start(f"act {number}", self._acting(event))
        self._rest()
        if self.broker.has_lost:
            self.choices.only = ()  # The night is quiet.
            self.scheduler.now += hours_to_night(self.choices) * 3600
            self.scheduler.start("sweep", lambda: acts.perform(Sweep(), self))
            self._rest()
        ending.check(self)

    def _acting(self, event: Event) -> Callable[[], None]:
        def act() -> None:
            self.scheduler.pause(event.at)
            self.trace(f"{event.act}")
            acts.perform(event.act, self)

        return act

    def _rest(self) -> None:
        """Let everything happen that is to happen."""
        ends = self.scheduler.now + LONGEST_SECONDS

        def is_endless() -> bool:
            return self.scheduler.now >= ends or len(self.broker.published) >= MOST_MESSAGES

        self.scheduler.run(lambda: self.outcome.failure is None and not is_endless())
        if self.outcome.failure is not None:
            raise self.outcome.failure
        if is_endless():
            raise ViolationError("progress", f"no rest, {len(self.broker.published)} messages")

    def _publish(self, topic: str, data: bytes, attributes: dict[str, str]) -> str:
        message = self.broker.publish(topic, data, attributes)
        self.recorder.record(message)
        return message.label

    def _after_commit(self, changed: Collection[str]) -> None:
        """Look at every commit; the first violation ends the schedule at the next hand-over."""
        if self.outcome.failure is not None:
            return
        self.trace(f"committed: {', '.join(sorted(changed))}")
        try:
            self.invariants.after_commit(changed)
        except ViolationError as error:
            self.trace(f"VIOLATION {error}")
            self.outcome.failure = error

    def _log(self, line: str) -> None:
        self.trace(f"log {line[:300]}")
