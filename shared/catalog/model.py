"""What the catalogue's files say, as frozen dataclasses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from shared.catalog.value_rules import ValueRule
from shared.days import Window, later
from shared.errors import BadRequestError
from shared.schemas import TableSchema, staging_table, superseded_table, table_schema


@dataclass(frozen=True)
class Pipeline:
    """A source and what its datasets have in common. `zone` decides what a day is.

    `closed` says after which day a business unit was closed, if it was.
    `late_hours`: a schedule's message published so long after midnight still means the day before.
    """

    name: str
    description: str
    zone: str
    business_units: tuple[str, ...]
    closed: Mapping[str, date]
    late_hours: int


@dataclass(frozen=True)
class ReportSource:
    """ServiceTitan reports: one for all business units (key None), or one for each.

    `run_per_day`: the report's rows carry no date, so each day of the window is a run of its own.
    `takes_business_unit`: whether the report can be asked for one business unit alone.
    `parameters` are sent beside From, To and the business units.
    """

    category: str
    reports: Mapping[str | None, int]
    run_per_day: bool
    takes_business_unit: bool
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class DatabaseSource:
    """Tables of the marketplace's database, read together in one consistent snapshot."""


@dataclass(frozen=True)
class DropSource:
    """Files that somebody drops; every report may be dropped as well."""


NO_SNAPSHOT_LATER = (
    "a day's snapshot can only be taken on its day. With replace_past_day=true "
    "(--replace-past-day) the database as it is now takes that day's place."
)

Entry = TypeVar("Entry")
Source = ReportSource | DatabaseSource | DropSource


@dataclass(frozen=True)
class Column:
    """Where a column's value comes from: one of `names` (API name or label) in the source's row.

    `given` ("day", "last_day" or "business_unit") names what the pull asked for and the row doesn't
    tell.
    `hashed` columns land as HMAC-SHA-256 of their value, never plain.
    """

    name: str
    names: tuple[str, ...]
    given: str | None
    hashed: bool
    rules: tuple[ValueRule, ...] = ()


@dataclass(frozen=True)
class Totals:
    """What a table's rows are totals of: the rows of table `of`, from a row's day to `last_day`.

    Their `measures` may differ by the share `tolerance`. They are compared only where the days were
    pulled within `within_minutes` before the total.
    """

    of: str
    last_day: str
    measures: tuple[str, ...]
    within_minutes: int
    tolerance: float


@dataclass(frozen=True)
class RawTable:
    """A table that batches are loaded into, and the rules that keep its newest rows.

    `measure` is the amount whose daily sum is held against the same weekdays before.
    `key` and `prefer` choose among the versions of a row, `supersede_window` lets the newest pull
    of a window supersede what it no longer has, `replace` makes a pull's window every day.
    """

    name: str
    address: str
    columns: tuple[Column, ...]
    day: str | None
    business_unit: str | None
    key: tuple[str, ...]
    prefer: tuple[str, ...]
    homonyms: str | None
    supersede_window: bool
    replace: bool
    max_rejected_share: float
    max_removed_share: float
    totals: Totals | None
    measure: str | None
    rules_between: tuple[ValueRule, ...]

    @property
    def rules(self) -> tuple[ValueRule, ...]:
        """The rules of value of its columns, one by one and between them."""
        return (*(rule for column in self.columns for rule in column.rules), *self.rules_between)

    @property
    def schema(self) -> TableSchema:
        """The table's schema."""
        return table_schema(self.address)

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns that tell its rows apart; without a key each row is its own version."""
        return self.key or ("_batch_id", "_row")

    @property
    def superseded(self) -> str:
        """The address of the table that superseded rows are moved to."""
        return superseded_table(self.address)

    def staging(self, batch_id: str) -> str:
        """The address of the staging table of a batch."""
        return staging_table(self.address, batch_id)


@dataclass(frozen=True)
class Schedule:
    """One Cloud Scheduler job: its cron line (in the pipeline's zone) and what it asks for."""

    name: str
    cron: str
    request: Mapping[str, Any]


@dataclass(frozen=True)
class Dataset:
    """One thing to ingest: a report, a dropped file, or a snapshot of several tables.

    `max_file_mib`: a dropped file that unpacks to more is refused.
    """

    name: str
    pipeline: Pipeline
    description: str
    source: Source
    first_day: int
    last_day: int
    schedules: tuple[Schedule, ...]
    tables: tuple[RawTable, ...]
    feeds: tuple[str, ...]
    fresh_within_hours: int | None
    max_file_mib: int

    @property
    def log(self) -> str:
        """The name of the dataset's change log."""
        return self.name

    @property
    def business_units(self) -> tuple[str, ...]:
        """The business units that a request may name; none if the source can't tell them apart."""
        if isinstance(self.source, ReportSource) and not self.source.takes_business_unit:
            return ()
        if self.per_business_unit and isinstance(self.source, ReportSource):
            return tuple(unit for unit in self.source.reports if unit is not None)
        return self.pipeline.business_units

    def check_business_unit(self, unit: str | None) -> None:
        """BadRequestError that lists what there is, unless `unit` (None: all) may be asked for."""
        if unit is not None and unit not in self.business_units:
            known = ", ".join(self.business_units) or "none, it only gives all: leave it out"
            raise BadRequestError(
                f"unknown business unit {unit!r}: {self.name} has {known}. "
                "In a URL, write a space as %20 or +."
            )

    @property
    def pulled_units(self) -> tuple[str | None, ...]:
        """The business units that the source is pulled by; None alone where all come at once."""
        return self.business_units if self.per_business_unit else (None,)

    @property
    def per_business_unit(self) -> bool:
        """Whether the source has one report for each business unit, not one for all."""
        return isinstance(self.source, ReportSource) and None not in self.source.reports

    @property
    def is_snapshot(self) -> bool:
        """Whether a pull brings the source as it is at that moment, whatever day it asks for."""
        return isinstance(self.source, DatabaseSource)

    def check_snapshot(self, window: Window, today: date, *, replace_past_day: bool) -> None:
        """BadRequestError when `window`, seen from `today`, can't be a snapshot's day."""
        if not self.is_snapshot:
            if replace_past_day:
                raise BadRequestError(
                    f"replace_past_day: {self.name} is no snapshot, any day of it can be pulled"
                )
            return
        if window.first != window.last:
            raise BadRequestError(
                f"{self.name}: a snapshot is of one day, expected from = to, found "
                f"from={window.first} to={window.last}"
            )
        if window.last > today or (window.first < today and not replace_past_day):
            raise BadRequestError(
                f"{self.name}: expected today, {today}, found {window.first}: {NO_SNAPSHOT_LATER}"
            )

    def table(self, name: str) -> RawTable:
        """The raw table that the dataset calls `name`; BadRequestError that lists what there is."""
        return _known({table.name: table for table in self.tables}, name, f"table of {self.name}")

    def window(self, today: date, days: int | None = None) -> Window:
        """The usual window seen from `today` (the pipeline's date), or its last `days` days."""
        if days is not None:
            if days < 1:
                raise BadRequestError(f"days: expected at least 1, found {days}")
            return Window(later(today, 1 - days), today)
        return Window(later(today, self.first_day), later(today, self.last_day))


@dataclass(frozen=True)
class MartTable:
    """A table that a mart's query makes; `key` tells its rows apart, `words` are in its query."""

    address: str
    key: tuple[str, ...]
    words: Mapping[str, str]

    @property
    def schema(self) -> TableSchema:
        """The table's schema."""
        return table_schema(self.address)

    @property
    def superseded(self) -> str:
        """The address of the table that keeps what was replaced."""
        return superseded_table(self.address)


@dataclass(frozen=True)
class Mart:
    """A group of tables rebuilt together, at one instant, for the days that its inputs touched."""

    name: str
    pipeline: str
    tables: tuple[MartTable, ...]
    feeds: tuple[str, ...]

    @property
    def log(self) -> str:
        """The name of the mart's change log."""
        return f"mart_{self.name}"


@dataclass(frozen=True)
class Catalog:
    """Everything that can be ingested and made."""

    pipelines: Mapping[str, Pipeline]
    datasets: Mapping[str, Dataset]
    marts: Mapping[str, Mart]

    def pipeline(self, name: str) -> Pipeline:
        """The pipeline `name`; BadRequestError that lists what there is."""
        return _known(self.pipelines, name, "pipeline")

    def dataset(self, name: str) -> Dataset:
        """The dataset `name`; BadRequestError that lists what there is."""
        return _known(self.datasets, name, "dataset")

    def words(self, address: str) -> Mapping[str, str]:
        """The words of the query that makes a table, by their names in it."""
        tables = (table for mart in self.marts.values() for table in mart.tables)
        return next((table.words for table in tables if table.address == address), {})

    def inputs(self, mart: Mart) -> tuple[str, ...]:
        """The logs of the datasets and marts that `mart` is made from, sorted."""
        feeding: list[Dataset | Mart] = [*self.datasets.values(), *self.marts.values()]
        return tuple(sorted(each.log for each in feeding if mart.name in each.feeds))

    @property
    def logs(self) -> tuple[str, ...]:
        """The change logs: one for each dataset and each mart, sorted."""
        datasets = [dataset.log for dataset in self.datasets.values()]
        return tuple(sorted([*datasets, *(mart.log for mart in self.marts.values())]))

    def logs_of(self, pipeline: str) -> tuple[str, ...]:
        """The change logs of a pipeline's datasets and marts."""
        datasets = [d.log for d in self.datasets.values() if d.pipeline.name == pipeline]
        return (*datasets, *(m.log for m in self.marts.values() if m.pipeline == pipeline))

    def mart(self, name: str) -> Mart:
        """The mart `name`; BadRequestError that lists what there is."""
        return _known(self.marts, name, "mart")


def _known(entries: Mapping[str, Entry], name: str, kind: str) -> Entry:
    if name not in entries:
        raise BadRequestError(
            f"unknown {kind} {name!r}: expected one of {', '.join(sorted(entries))}"
        )
    return entries[name]
