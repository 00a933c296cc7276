"""Checks of ServiceTitan's marts and of what is its own."""

from collections.abc import Iterator

from functions.quality.checks import Check, Part, Scope
from shared.quality_results import MENTION
from shared.statements import deployed, statement

PIPELINE = "servicetitan"

UNMAPPED = "business units mapped"
MAP = "st_kpi_mart.dim_regional_bu_map"
REGIONS = "st_kpi_mart.kpi_daily_regional_consolidated"


def parts(scope: Scope) -> Iterator[Part]:
    """Give the checks of the regions and the names."""
    if scope.pipeline.name != PIPELINE:
        return
    yield _region_map(scope)
    yield _regions(scope)
    yield from _homonyms(scope)


def _region_map(scope: Scope) -> Part:
    expected = {
        "map keys unique": "each business unit once, however it is written",
        "map texts clean": "no blanks at an end or doubled, no empty text",
        "one label a region": "a label for each region_key, and the other way round",
        "map types known": "Sales or Production",
        "map agrees with the catalogue": "the units of pipelines.yaml that were not closed",
        UNMAPPED: "every business unit of the facts in the map",
    }
    checks = tuple(
        Check(
            name=name,
            subject=MAP,
            expected=text,
            look=f"SELECT * FROM {deployed(MAP)} ORDER BY region_key, bu_key",
            mend="drop a corrected CSV into drop/dim_regional_bu_map/; "
            "until then regions are wrong",
            is_of_days=name == UNMAPPED,
        )
        for name, text in expected.items()
    )
    known = scope.pipeline.business_units
    closed = {unit for unit, day in scope.pipeline.closed.items() if day < scope.today}
    units = {
        "known_units": list(known),
        "open_units": [unit for unit in known if unit not in closed],
    }
    return Part(checks, statement("quality/region_map.sql"), units)


def _regions(scope: Scope) -> Part:
    check = Check(
        name="regions are their units",
        subject=REGIONS,
        expected="the sums of the region's business units",
        look=f"SELECT * FROM {deployed(REGIONS)} WHERE {scope.within('kpi_date')}",
        mend="look at the map and at the view's definition: a deploy writes both again",
        after=(f"{UNMAPPED}: {MAP}",),
    )
    return Part((check,), statement("quality/regions.sql"))


def _homonyms(scope: Scope) -> Iterator[Part]:
    for _, table in scope.tables:
        if table.homonyms is None:
            continue
        check = Check(
            name="homonymous estimators",
            subject=table.address,
            expected="one person a name",
            look=f"SELECT * FROM {deployed(table.address)} WHERE {scope.within(str(table.day))} "
            f"AND REGEXP_CONTAINS({table.homonyms}, r' \\([0-9]+\\)$')",
            mend="nothing: two rows of one pull for one name are two people; the totals hold both",
            severity=MENTION,
        )
        sql = statement(
            "quality/homonyms.sql",
            address=table.address,
            raw=deployed(table.address),
            day=str(table.day),
            unit=str(table.business_unit),
            homonyms=table.homonyms,
        )
        yield Part((check,), sql)
