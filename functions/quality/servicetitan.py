"""Checks of ServiceTitan's marts and of what is its own."""

from collections.abc import Iterator

from functions.quality.checks import Check, Part, Scope
from functions.quality.ledger import pulls_of
from shared.quality_results import MENTION
from shared.statements import deployed, statement

PIPELINE = "servicetitan"

MAP = "st_kpi_mart.dim_regional_bu_map"
CONSOLIDATED = "st_kpi_mart.kpi_daily_consolidated"
REGIONS = "st_kpi_mart.kpi_daily_regional_consolidated"

# Each raw table's amount, day and business unit, in it, in its fact and in the consolidated table.
SUMS = {
    "st_raw.raw_leads": (
        (
            "job_created_on",
            "bu_key",
            r"IF(REGEXP_CONTAINS(COALESCE(customer_name, ''), r'(?i)\btest\b'), 0, 1)",
        ),
        ("leads_daily_fact", "leads"),
        "leads",
    ),
    "st_raw.raw_daily_wbr_v2": (
        ("event_date", "bu_name", "total_sales"),
        ("wbr_daily_fact", "total_sales"),
        "wbr_total_sales",
    ),
    "st_raw.raw_foreman": (
        ("job_start", "bu_key", "job_subtotal"),
        ("foreman_daily_fact", "total_subtotal"),
        "job_subtotal",
    ),
    "st_raw.raw_collections": (
        ("payment_date", "bu_key", "amount"),
        ("collections_daily_fact", "collected_amount"),
        "collected_amount",
    ),
}


def parts(scope: Scope) -> Iterator[Part]:
    """Give the checks of the sums, the regions and the names."""
    if scope.pipeline.name != PIPELINE:
        return
    yield _sums(scope)
    yield _unmapped_units(scope)
    yield _regions(scope)
    yield from _homonyms(scope)


def _sums(scope: Scope) -> Part:
    checks = tuple(
        Check(
            name="sums conserved from raw",
            subject=table.address,
            expected="each day and business unit as in the raw table",
            look=pulls_of(table),
            mend="POST /mart/update/all rebuilds the marts from the raw tables",
        )
        for _, table in scope.tables
        if table.address in SUMS
    )
    layers = "\nUNION ALL\n".join(_layers())
    return Part(checks, statement("quality/sums.sql", layers=layers))


def _layers() -> Iterator[str]:
    for raw, ((day, unit, amount), (fact, fact_amount), consolidated) in SUMS.items():
        mart = {"day": "kpi_date", "unit": "bu_key"}
        yield _layer(raw, "raw", raw, day=day, unit=unit, amount=amount)
        yield _layer(raw, "fact", f"st_kpi_mart.{fact}", amount=fact_amount, **mart)
        yield _layer(raw, "consolidated", CONSOLIDATED, amount=consolidated, **mart)


def _layer(raw: str, layer: str, table: str, **columns: str) -> str:
    names = {"raw": raw, "layer": layer, "table": deployed(table), **columns}
    return statement("quality/sums_layer.sql", **names)


def _unmapped_units(scope: Scope) -> Part:
    check = Check(
        name="business units mapped",
        subject=MAP,
        expected="every business unit in the map, once",
        look=f"SELECT DISTINCT bu_key FROM {deployed(CONSOLIDATED)} "
        f"WHERE {scope.within('kpi_date')} AND bu_key NOT IN "
        f"(SELECT bu_key FROM {deployed(MAP)})",
        mend="drop a corrected dim_regional_bu_map CSV; until then these are in no region",
    )
    return Part((check,), statement("quality/unmapped_units.sql"))


def _regions(scope: Scope) -> Part:
    check = Check(
        name="regions are their units",
        subject=REGIONS,
        expected="the sums of the region's business units",
        look=f"SELECT * FROM {deployed(REGIONS)} WHERE {scope.within('kpi_date')}",
        mend="look at the map and at the view's definition: a deploy writes both again",
        after=(f"business units mapped: {MAP}",),
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
