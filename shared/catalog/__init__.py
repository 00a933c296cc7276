"""The catalogue: what each dataset is, where it comes from and what it feeds.

`pipelines.yaml` holds the pipelines, `marts.yaml` the marts, and every other file of this folder
one dataset. Columns' types are not repeated here: they are the raw table's, from its schema.json.
Everything is checked on load, across files too; ConfigurationError says where and what to write.
"""

from functools import cache
from pathlib import Path

from shared import documents
from shared.catalog.model import (
    Catalog,
    Column,
    DatabaseSource,
    Dataset,
    DropSource,
    Mart,
    Pipeline,
    RawTable,
    ReportSource,
    Schedule,
    Source,
)
from shared.documents import Section
from shared.errors import ConfigurationError
from shared.schemas import table_schema

__all__ = [
    "Catalog",
    "Column",
    "DatabaseSource",
    "Dataset",
    "DropSource",
    "Mart",
    "Pipeline",
    "RawTable",
    "ReportSource",
    "Schedule",
    "Source",
    "catalog",
    "load",
]

FOLDER = Path(__file__).resolve().parent
PIPELINES, MARTS = "pipelines.yaml", "marts.yaml"
GIVEN = ("day", "last_day", "business_unit")


@cache
def catalog() -> Catalog:
    """The project's catalogue, read once."""
    return load(FOLDER)


def load(folder: Path) -> Catalog:
    """The catalogue in `folder`; ConfigurationError at the first thing that can't work."""
    pipelines = {
        name: _pipeline(name, section)
        for name, section in documents.read(folder / PIPELINES).named_sections("pipelines")
    }
    marts = {
        name: _mart(name, section)
        for name, section in documents.read(folder / MARTS).named_sections("marts")
    }
    files = sorted(path for path in folder.glob("*.yaml") if path.name not in (PIPELINES, MARTS))
    datasets = {path.stem: _dataset(path, pipelines) for path in files}
    _check_feeds(datasets, marts)
    return Catalog(pipelines, datasets, marts)


def _pipeline(name: str, section: Section) -> Pipeline:
    pipeline = Pipeline(
        name=name,
        description=section.text("description"),
        zone=section.text("zone"),
        business_units=section.texts("business_units", ()),
        reconcile_tolerance=section.number("reconcile_tolerance", 0.0),
    )
    section.done()
    return pipeline


def _mart(name: str, section: Section) -> Mart:
    mart = Mart(
        name=name,
        pipeline=section.text("pipeline"),
        tables=section.texts("tables"),
        feeds=section.texts("feeds", ()),
    )
    section.done()
    for table in mart.tables:
        table_schema(table)
    return mart


def _dataset(path: Path, pipelines: dict[str, Pipeline]) -> Dataset:
    section = documents.read(path)
    pipeline = section.text("pipeline")
    if pipeline not in pipelines:
        raise ConfigurationError(
            f"{path.name}: pipeline: expected one of {', '.join(pipelines)}, found {pipeline}"
        )
    window = section.section("window")
    dataset = Dataset(
        name=path.stem,
        pipeline=pipelines[pipeline],
        description=section.text("description"),
        source=_source(section.section("source"), pipelines[pipeline]),
        first_day=window.whole("first"),
        last_day=window.whole("last"),
        schedules=tuple(_schedule(n, s) for n, s in section.named_sections("schedules")),
        tables=tuple(_table(n, s) for n, s in section.named_sections("tables")),
        feeds=section.texts("feeds", ()),
        fresh_within_hours=section.optional_whole("fresh_within_hours"),
    )
    window.done()
    section.done()
    return dataset


def _source(section: Section, pipeline: Pipeline) -> Source:
    kind = section.text("kind")
    if kind == "report":
        return _report_source(section, pipeline)
    section.done()
    if kind == "database":
        return DatabaseSource()
    if kind == "drop":
        return DropSource()
    raise ConfigurationError(
        f"{section.place}: kind: expected report, database or drop, found {kind}"
    )


def _report_source(section: Section, pipeline: Pipeline) -> ReportSource:
    reports: dict[str | None, int] = {
        None if unit == "all" else unit: int(report)
        for unit, report in section.mapping("reports").items()
    }
    unknown = {unit for unit in reports if unit is not None} - set(pipeline.business_units)
    if not reports or unknown:
        raise ConfigurationError(
            f"{section.place}: reports: expected `all: <report id>` or one id for each business "
            f"unit of {pipeline.name}, found {', '.join(sorted(unknown)) or 'none'}"
        )
    source = ReportSource(
        category=section.text("category"),
        reports=reports,
        run_per_day=section.flag("run_per_day", False),
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
    )
    section.done()
    _check_columns(table, section.place)
    return table


def _column(name: str, section: Section) -> Column:
    column = Column(
        name=name,
        names=section.texts("from", ()),
        given=section.optional_text("given"),
        hashed=section.flag("hash", False),
    )
    section.done()
    if column.given is not None and column.given not in GIVEN:
        raise ConfigurationError(
            f"{section.place}: given: expected {' or '.join(GIVEN)}, found {column.given}"
        )
    return column


def _check_columns(table: RawTable, place: str) -> None:
    schema = table.schema
    named = [table.day, table.business_unit, table.homonyms, *table.key, *table.prefer]
    for name in [*(column.name for column in table.columns), *filter(None, named)]:
        try:
            schema.field(name)
        except ConfigurationError as error:
            raise ConfigurationError(f"{place}: {error}") from error
    if table.day != schema.day:
        raise ConfigurationError(
            f"{place}: day: expected {schema.day}, the column that {table.address} is partitioned "
            f"by, found {table.day}"
        )


def _check_feeds(datasets: dict[str, Dataset], marts: dict[str, Mart]) -> None:
    feeds = [(f"{d.name}.yaml", mart) for d in datasets.values() for mart in d.feeds]
    feeds += [(f"{MARTS}: {m.name}", mart) for m in marts.values() for mart in m.feeds]
    for place, name in feeds:
        if name not in marts:
            raise ConfigurationError(
                f"{place}: feeds: expected one of {', '.join(marts)}, found {name}"
            )
    for mart in marts.values():
        _check_no_cycle(mart, marts, ())


def _check_no_cycle(mart: Mart, marts: dict[str, Mart], path: tuple[str, ...]) -> None:
    if mart.name in path:
        raise ConfigurationError(
            f"{MARTS}: {' feeds '.join((*path, mart.name))}: expected marts that do not feed "
            "themselves; take one of these out"
        )
    for name in mart.feeds:
        _check_no_cycle(marts[name], marts, (*path, mart.name))
