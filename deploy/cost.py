"""What a month costs, from the catalogue's schedules and Google's list prices, in US dollars.

Prices: us-central1 and the US multi-region, from https://cloud.google.com/run/pricing,
/bigquery/pricing, /storage/pricing, /pubsub/pricing, /scheduler/pricing, /secret-manager/pricing
and /monitoring/alerts/cost-control, as of 2026. Free tiers are each billing account's.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.catalog import Dataset, ReportSource, Schedule, catalog
from shared.errors import ConfigurationError
from shared.topology import Function, topology

DAYS_A_MONTH = 365.25 / 12
WEEKS_A_MONTH = DAYS_A_MONTH / 7

CPU_SECOND, FREE_CPU_SECONDS = 0.000024, 180_000
GIB_SECOND, FREE_GIB_SECONDS = 0.0000025, 360_000
SCHEDULER_JOB, FREE_JOBS = 0.10, 3
TIB_SCANNED, FREE_TIB_SCANNED = 6.25, 1.0
GIB_STORED, FREE_GIB_STORED = 0.02, 10
SECRET, FREE_SECRETS = 0.06, 6
GIB_OF_IMAGES, FREE_GIB_OF_IMAGES = 0.10, 0.5
GIB_OF_OBJECTS = 0.026
ALERT_CONDITION = 1.50

# What the schedules don't tell, on the safe side. A report may be run once a minute, and the pull
# waits meanwhile (SERVICETITAN_PACE_SECONDS); the rest is what the functions take on real volumes.
PACE_SECONDS = 65
SECONDS_A_RUN = 20
SECONDS_A_STAGE = {"load": 20, "dedupe": 40, "mart": 25, "quality": 30}

# BigQuery bills at least 10 MiB for each table that a statement touches: how many of them.
MIB_A_TABLE = 10
TABLES_A_STAGE = {"load": 3, "dedupe": 20, "mart": 8, "quality": 40}

GIB_IN_BIGQUERY = 5
GIB_IN_BUCKETS = 5
GIB_IN_IMAGES = 3
ALERT_CONDITIONS = 5


@dataclass(frozen=True)
class Item:
    """One line of the bill: how much of what, at which price, and what of it is free."""

    name: str
    arithmetic: str
    amount: float
    price: float
    free: float = 0.0

    @property
    def listed(self) -> float:
        """The price without free tiers."""
        return self.amount * self.price

    @property
    def billed(self) -> float:
        """The price of what is beyond the free tier."""
        return max(self.amount - self.free, 0) * self.price


@dataclass(frozen=True)
class Load:
    """What a dataset's schedules ask for in a month."""

    dataset: Dataset
    batches: float
    runs: float

    @property
    def marts(self) -> tuple[str, ...]:
        """The marts rebuilt after each batch: those it feeds, and those that they feed."""
        fed = self.dataset.feeds
        return fed + tuple(further for mart in fed for further in catalog().mart(mart).feeds)

    def seconds(self, stage: str) -> float:
        """How long `stage` runs for this dataset in a month."""
        if stage.startswith("ingest"):
            waits = (self.runs - self.batches) * PACE_SECONDS
            return waits + self.runs * SECONDS_A_RUN
        return self.batches * self.times(stage) * SECONDS_A_STAGE[stage]

    def times(self, stage: str) -> int:
        """How often `stage` runs for each batch."""
        return len(self.marts) if stage == "mart" else 1


def report() -> str:
    """The month as a Markdown table, with the schedules' arithmetic before it."""
    loads = list(monthly_loads())
    lines = ["| Dataset | Batches a month | Runs of its source |", "|---|---:|---:|"]
    lines += [f"| {load.dataset.name} | {load.batches:.0f} | {load.runs:.0f} |" for load in loads]
    lines += ["", "| What | Arithmetic | List price | After the free tier |", "|---|---|---:|---:|"]
    bill = list(items(loads))
    lines += [f"| {i.name} | {i.arithmetic} | ${i.listed:.2f} | ${i.billed:.2f} |" for i in bill]
    listed, billed = sum(i.listed for i in bill), sum(i.billed for i in bill)
    lines.append(f"| **A month** | | **${listed:.2f}** | **${billed:.2f}** |")
    return "\n".join(lines) + "\n"


def monthly_loads() -> Iterator[Load]:
    """What each scheduled dataset asks for."""
    for dataset in catalog().datasets.values():
        if dataset.schedules:
            batches = sum(firings(s) * _batches(dataset, s) for s in dataset.schedules)
            yield Load(dataset, batches, batches * _runs_a_batch(dataset))


def firings(schedule: Schedule) -> float:
    """How often a month a cron line fires; ConfigurationError unless at one minute and hour."""
    minute, hour, day, month, weekday = schedule.cron.split()
    if not (minute.isdigit() and hour.isdigit() and day == month == "*"):
        raise ConfigurationError(f"cron: expected one time a day or week, found {schedule.cron!r}")
    return DAYS_A_MONTH if weekday == "*" else len(weekday.split(",")) * WEEKS_A_MONTH


def items(loads: list[Load]) -> Iterator[Item]:
    """The bill's lines."""
    yield from _compute(loads)
    jobs = sum(len(load.dataset.schedules) for load in loads)
    yield Item("Scheduler", f"{jobs} jobs x ${SCHEDULER_JOB:.2f}", jobs, SCHEDULER_JOB, FREE_JOBS)
    yield _queries(loads)
    yield Item(
        "BigQuery, stored",
        f"{GIB_IN_BIGQUERY} GiB x ${GIB_STORED}",
        GIB_IN_BIGQUERY,
        GIB_STORED,
        FREE_GIB_STORED,
    )
    yield Item(
        "Cloud Storage", f"{GIB_IN_BUCKETS} GiB x ${GIB_OF_OBJECTS}", GIB_IN_BUCKETS, GIB_OF_OBJECTS
    )
    secrets = len({name for f in topology().functions.values() for name in f.secrets})
    yield Item("Secrets", f"{secrets} x ${SECRET:.2f}", secrets, SECRET, FREE_SECRETS)
    yield Item(
        "Images",
        f"{GIB_IN_IMAGES} GiB x ${GIB_OF_IMAGES:.2f}",
        GIB_IN_IMAGES,
        GIB_OF_IMAGES,
        FREE_GIB_OF_IMAGES,
    )
    yield Item(
        "Alerts",
        f"{ALERT_CONDITIONS} conditions x ${ALERT_CONDITION:.2f}",
        ALERT_CONDITIONS,
        ALERT_CONDITION,
    )


def _compute(loads: list[Load]) -> Iterator[Item]:
    running = [(function, _seconds(function, loads)) for function in topology().functions.values()]
    cpu = sum(seconds * function.cpu for function, seconds in running)
    memory = sum(seconds * function.memory_mib / 1024 for function, seconds in running)
    busiest = max(running, key=lambda pair: pair[1])
    told = f"{cpu:,.0f} vCPU-s ({busiest[0].name} {busiest[1]:,.0f}) x ${CPU_SECOND:.6f}"
    yield Item("Functions, CPU", told, cpu, CPU_SECOND, FREE_CPU_SECONDS)
    told = f"{memory:,.0f} GiB-s x ${GIB_SECOND:.7f}"
    yield Item("Functions, memory", told, memory, GIB_SECOND, FREE_GIB_SECONDS)


def _seconds(function: Function, loads: list[Load]) -> float:
    if function.name in SECONDS_A_STAGE:
        return sum(load.seconds(function.name) for load in loads)
    own = (load for load in loads if function.name == f"ingest_{load.dataset.pipeline.name}")
    return sum(load.seconds(function.name) for load in own)


def _queries(loads: list[Load]) -> Item:
    tables = sum(
        load.batches * load.times(stage) * count
        for load in loads
        for stage, count in TABLES_A_STAGE.items()
    )
    tib = tables * MIB_A_TABLE / 2**20
    told = f"{tables:,.0f} tables touched x {MIB_A_TABLE} MiB = {tib:.2f} TiB x ${TIB_SCANNED}"
    return Item("BigQuery, queries", told, tib, TIB_SCANNED, FREE_TIB_SCANNED)


def _batches(dataset: Dataset, schedule: Schedule) -> int:
    """A request without a business unit becomes one for each, where each has its own report."""
    if "business_unit" in schedule.request or not dataset.per_business_unit:
        return 1
    return len(dataset.business_units)


def _runs_a_batch(dataset: Dataset) -> int:
    is_daily = isinstance(dataset.source, ReportSource) and dataset.source.run_per_day
    return dataset.last_day - dataset.first_day + 1 if is_daily else 1
