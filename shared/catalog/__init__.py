"""The catalogue: what each dataset is, where it comes from and what it feeds.

`pipelines.yaml` holds the pipelines, `marts.yaml` the marts, and every other file of this folder
one dataset. Columns' types are not repeated here: they are the raw table's, from its schema.json.
Everything is checked on load, across files too; ConfigurationError says where and what to write.
"""

from datetime import date
from functools import cache
from pathlib import Path

from shared import documents
from shared.catalog import rules, value_rules
from shared.catalog.model import (
    NO_SNAPSHOT_LATER,
    Catalog,
    Column,
    DatabaseSource,
    Dataset,
    DropSource,
    Mart,
    MartTable,
    Pipeline,
    RawTable,
    ReportSource,
    Schedule,
    Source,
    Totals,
)
from shared.documents import Section
from shared.errors import ConfigurationError

__all__ = [
    "NO_SNAPSHOT_LATER",
    "Catalog",
    "Column",
    "DatabaseSource",
    "Dataset",
    "DropSource",
    "Mart",
    "MartTable",
    "Pipeline",
    "RawTable",
    "ReportSource",
    "Schedule",
    "Source",
    "Totals",
    "catalog",
    "load",
]

FOLDER = Path(__file__).resolve().parent
PIPELINES = "pipelines.yaml"
OTHER_SOURCES: dict[str, type[DatabaseSource] | type[DropSource]] = {
    "database": DatabaseSource,
    "drop": DropSource,
}


@cache
def catalog() -> Catalog:
    """The project's catalogue, read once."""
    return load(FOLDER)


def load(folder: Path) -> Catalog:
    """The catalogue in `folder`; ConfigurationError at the first thing that can't work."""
    pipelines = {n: _pipeline(n, s) for n, s in _entries(folder / PIPELINES, "pipelines")}
    marts = {n: _mart(n, s, pipelines) for n, s in _entries(folder / rules.MARTS, "marts")}
    files = sorted(
        path for path in folder.glob("*.yaml") if path.name not in (PIPELINES, rules.MARTS)
    )
    datasets = {path.stem: _dataset(path, pipelines) for path in files}
    rules.check_feeds(datasets, marts)
    rules.check_totals(datasets)
    return Catalog(pipelines, datasets, marts)


def _entries(path: Path, key: str) -> list[tuple[str, Section]]:
    """The entries of a file that holds nothing else."""
    document = documents.read(path)
    entries = list(document.named_sections(key))
    document.done()
    return entries


def _pipeline(name: str, section: Section) -> Pipeline:
    units = {unit: _closed(content) for unit, content in section.named_sections("business_units")}
    pipeline = Pipeline(
        name=name,
        description=section.text("description"),
        zone=section.text("zone"),
        business_units=tuple(units),
        closed={unit: day for unit, day in units.items() if day is not None},
        late_hours=section.whole("late_hours", 0),
    )
    section.done()
    rules.check_zone(pipeline.zone, section.place)
    return pipeline


def _closed(section: Section) -> date | None:
    """The day after which a business unit was closed, if it was."""
    day = section.optional_day("to")
    section.done()
    return day


def _mart(name: str, section: Section, pipelines: dict[str, Pipeline]) -> Mart:
    mart = Mart(
        name=name,
        pipeline=_known_pipeline(section, pipelines).name,
        tables=tuple(_mart_table(n, s) for n, s in section.named_sections("tables")),
        feeds=section.texts("feeds", ()),
    )
    section.done()
    return mart


def _mart_table(address: str, section: Section) -> MartTable:
    table = MartTable(address, section.texts("key"), section.mapping("words", {}))
    section.done()
    rules.check_mart_table(table, section.place)
    return table


def _known_pipeline(section: Section, pipelines: dict[str, Pipeline]) -> Pipeline:
    name = section.text("pipeline")
    if name not in pipelines:
        raise ConfigurationError(
            f"{section.place}: pipeline: expected one of {', '.join(pipelines)}, found {name}"
        )
    return pipelines[name]


def _dataset(path: Path, pipelines: dict[str, Pipeline]) -> Dataset:
    section = documents.read(path)
    pipeline = _known_pipeline(section, pipelines)
    window = section.section("window")
    dataset = Dataset(
        name=path.stem,
        pipeline=pipeline,
        description=section.text("description"),
        source=_source(section.section("source"), pipeline),
        first_day=window.whole("first"),
        last_day=window.whole("last"),
        schedules=tuple(_schedule(n, s) for n, s in section.named_sections("schedules")),
        tables=tuple(_table(n, s) for n, s in section.named_sections("tables")),
        feeds=section.texts("feeds", ()),
        fresh_within_hours=section.optional_whole("fresh_within_hours"),
        max_file_mib=section.whole("max_file_mib", 2048),
    )
    window.done()
    section.done()
    rules.check_dataset(dataset, section.place)
    return dataset


def _source(section: Section, pipeline: Pipeline) -> Source:
    kind = section.text("kind")
    if kind == "report":
        return _report_source(section, pipeline)
    if kind not in OTHER_SOURCES:
        raise ConfigurationError(
            f"{section.place}: kind: expected report, {' or '.join(OTHER_SOURCES)}, found {kind}"
        )
    section.done()
    return OTHER_SOURCES[kind]()


def _report_source(section: Section, pipeline: Pipeline) -> ReportSource:
    ids = section.section("reports")
    reports = {unit: ids.whole(unit) for unit in ids.keys}
    rules.check_reports(reports, pipeline, ids.place)
    source = ReportSource(
        category=section.text("category"),
        reports={None if u == rules.ALL_UNITS else u: report for u, report in reports.items()},
        run_per_day=section.flag("run_per_day", False),
        takes_business_unit=section.flag("takes_business_unit", True),
        parameters=section.mapping("parameters", {}),
    )
    section.done()
    return source


def _schedule(name: str, section: Section) -> Schedule:
    schedule = Schedule(name, section.text("cron"), section.mapping("request", {}))
    section.done()
    return schedule


def _table(name: str, section: Section) -> RawTable:
    table = RawTable(
        name=name,
        address=section.text("address"),
        columns=tuple(_column(n, s) for n, s in section.named_sections("columns")),
        day=section.optional_text("day"),
        business_unit=section.optional_text("business_unit"),
        key=section.texts("key", ()),
        prefer=section.texts("prefer", ()),
        homonyms=section.optional_text("number_homonyms_in"),
        supersede_window=section.flag("supersede_window", False),
        replace=section.flag("replace", False),
        max_rejected_share=section.number("max_rejected_share", 0.05),
        max_removed_share=section.number("max_removed_share", 0.5),
        totals=_totals(section.section("totals")) if "totals" in section.keys else None,
        measure=section.optional_text("measure"),
        rules_between=value_rules.of_table(section),
    )
    section.done()
    rules.check_table(table, section.place)
    return table


def _totals(section: Section) -> Totals:
    totals = Totals(
        of=section.text("of"),
        last_day=section.text("last_day"),
        measures=section.texts("measures"),
        within_minutes=section.whole("within_minutes"),
        tolerance=section.number("tolerance"),
    )
    section.done()
    return totals


def _column(name: str, section: Section) -> Column:
    column = Column(
        name=name,
        names=section.texts("from", ()),
        given=section.optional_text("given"),
        hashed=section.flag("hash", False),
        rules=value_rules.of_column(name, section),
    )
    section.done()
    rules.check_given(column.given, section.place)
    return column
