"""What a catalogue must keep to; ConfigurationError says where it doesn't, and what to write."""

import re
from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.catalog import value_rules
from shared.catalog.model import Dataset, Mart, MartTable, Pipeline, RawTable, Schedule
from shared.errors import BadRequestError, ConfigurationError
from shared.events import IngestRequested

MARTS = "marts.yaml"

GIVEN = ("day", "last_day", "business_unit")
ALL_UNITS = "all"
CRON_FIELDS = 5
# What may be put into a regular expression as it is.
WORD = re.compile(r"[A-Za-z0-9 ]+")


def check_zone(zone: str, place: str) -> None:
    """A time zone's name, as the IANA database has it."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigurationError(
            f"{place}: zone: expected a time zone such as America/Phoenix, found {zone}"
        ) from error


def check_given(given: str | None, place: str) -> None:
    """A pull gives what it asked for, nothing else."""
    if given is not None and given not in GIVEN:
        raise ConfigurationError(f"{place}: given: expected {' or '.join(GIVEN)}, found {given}")


def check_reports(reports: Collection[str], pipeline: Pipeline, place: str) -> None:
    """One report for all business units, or one for each that has one."""
    if set(reports) != {ALL_UNITS} and not set() < set(reports) <= set(pipeline.business_units):
        raise ConfigurationError(
            f"{place}: expected either `{ALL_UNITS}: <report id>`, or an id for each business "
            f"unit that has a report ({', '.join(pipeline.business_units)}), "
            f"found {', '.join(reports) or 'none'}"
        )


def check_mart_table(table: MartTable, place: str) -> None:
    """A mart's rows are told apart by a key; that its columns exist is for a test to see."""
    if not table.key:
        raise ConfigurationError(f"{place}: key: expected the columns that tell rows apart")
    for name, word in table.words.items():
        if not isinstance(word, str) or not WORD.fullmatch(word):
            raise ConfigurationError(f"{place}: words.{name}: expected a word, found {word!r}")


def check_dataset(dataset: Dataset, place: str) -> None:
    """A window that can be, at least one table, and schedules whose requests can be read."""
    if dataset.first_day > dataset.last_day:
        raise ConfigurationError(
            f"{place}: window: expected first <= last, found {dataset.first_day} and "
            f"{dataset.last_day}"
        )
    if dataset.max_file_mib < 1:
        raise ConfigurationError(
            f"{place}: max_file_mib: expected at least 1, found {dataset.max_file_mib}"
        )
    if not dataset.tables:
        raise ConfigurationError(f"{place}: tables: expected at least one, found none")
    names = {table.name for table in dataset.tables}
    for table in dataset.tables:
        for rule in table.rules:
            if rule.kind == "is_in" and rule.bound not in names:
                raise ConfigurationError(
                    f"{place}: tables.{table.name}: columns.{rule.column}: is_in: expected one of "
                    f"{', '.join(sorted(names))}, found {rule.bound}"
                )
    for schedule in dataset.schedules:
        _check_schedule(schedule, dataset, f"{place}: schedules.{schedule.name}")


def _check_schedule(schedule: Schedule, dataset: Dataset, place: str) -> None:
    if len(schedule.cron.split()) != CRON_FIELDS:
        raise ConfigurationError(
            f"{place}: cron: expected {CRON_FIELDS} fields, such as 0 21 * * *, "
            f"found {schedule.cron}"
        )
    ids = {"event_id": schedule.name, "run_id": schedule.name, "dataset": dataset.name}
    ids["pipeline"] = dataset.pipeline.name
    try:
        request = IngestRequested.from_mapping({**ids, **schedule.request})
    except BadRequestError as error:
        raise ConfigurationError(f"{place}: request: {error}") from error
    unit = request.business_unit
    if unit is not None and unit not in dataset.business_units:
        raise ConfigurationError(
            f"{place}: request: business_unit: expected one of "
            f"{', '.join(dataset.business_units)}, found {unit}"
        )


def check_table(table: RawTable, place: str) -> None:
    """A day, columns that the table has, and shares."""
    if table.day is None:
        raise ConfigurationError(f"{place}: expected a day, the column of a row's business day")
    _check_columns(table, place)
    for rule in table.rules:
        value_rules.check(rule, table.schema, place)
    for name in ("max_rejected_share", "max_removed_share"):
        share = getattr(table, name)
        if not 0 <= share <= 1:
            raise ConfigurationError(f"{place}: {name}: expected 0 to 1, found {share}")


def _check_columns(table: RawTable, place: str) -> None:
    schema = table.schema
    named = [table.day, table.business_unit, table.homonyms, table.measure]
    columns = [column.name for column in table.columns]
    for name in [*columns, *filter(None, named), *table.key, *table.prefer]:
        try:
            schema.field(name)
        except ConfigurationError as error:
            raise ConfigurationError(f"{place}: {error}") from error
    if table.day != schema.day:
        raise ConfigurationError(
            f"{place}: day: expected {schema.day}, the column that {table.address} is partitioned "
            f"by, found {table.day}"
        )


def check_feeds(datasets: Mapping[str, Dataset], marts: Mapping[str, Mart]) -> None:
    """Nothing feeds a mart that isn't there, and no mart itself."""
    feeds = [(f"{d.name}.yaml", mart) for d in datasets.values() for mart in d.feeds]
    feeds += [(f"{MARTS}: {m.name}", mart) for m in marts.values() for mart in m.feeds]
    for place, name in feeds:
        if name not in marts:
            raise ConfigurationError(
                f"{place}: feeds: expected one of {', '.join(marts)}, found {name}"
            )
    for mart in marts.values():
        _check_no_cycle(mart, marts, ())
    for name in {mart.log for mart in marts.values()} & set(datasets):
        raise ConfigurationError(
            f"{name}.yaml: expected a name that is no mart's log, found {name}"
        )


def check_totals(datasets: Mapping[str, Dataset]) -> None:
    """Totals are of a table of the same pipeline, and both have the measures."""
    tables = [(d, table) for d in datasets.values() for table in d.tables]
    for dataset, table in tables:
        if table.totals is None:
            continue
        place = f"{dataset.name}.yaml: tables.{table.name}: totals"
        parts = {t.address: t for d, t in tables if d.pipeline == dataset.pipeline and t != table}
        if table.totals.of not in parts:
            raise ConfigurationError(
                f"{place}: of: expected one of {', '.join(parts)}, found {table.totals.of}"
            )
        try:
            table.schema.field(table.totals.last_day)
            for measure in table.totals.measures:
                table.schema.field(measure)
                parts[table.totals.of].schema.field(measure)
        except ConfigurationError as error:
            raise ConfigurationError(f"{place}: {error}") from error


def _check_no_cycle(mart: Mart, marts: Mapping[str, Mart], path: tuple[str, ...]) -> None:
    if mart.name in path:
        raise ConfigurationError(
            f"{MARTS}: {' feeds '.join((*path, mart.name))}: expected marts that do not feed "
            "themselves; take one of these out"
        )
    for name in mart.feeds:
        _check_no_cycle(marts[name], marts, (*path, mart.name))
