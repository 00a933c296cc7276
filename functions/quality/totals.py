"""Totals of one report against the rows of another that they sum up."""

from collections.abc import Iterator

from functions.quality.checks import Check, Part, Scope
from shared.catalog import Dataset, RawTable, Totals
from shared.statements import deployed, statement


def parts(scope: Scope) -> Iterator[Part]:
    """Give a check for each business unit of each table of totals."""
    tables = {table.address: (dataset, table) for dataset, table in scope.tables}
    for _, table in scope.tables:
        if table.totals is not None:
            yield _part(scope, table, table.totals, *tables[table.totals.of])


def _part(scope: Scope, table: RawTable, totals: Totals, dataset: Dataset, part: RawTable) -> Part:
    units = dataset.business_units
    days = scope.within(str(part.day))
    name = table.name
    parameters = {
        f"{name}_units": list(units),
        f"{name}_minutes": totals.within_minutes,
        f"{name}_tolerance": totals.tolerance,
    }
    checks = tuple(_check(table, totals, dataset, part, unit, days) for unit in units)
    return Part(checks, _sql(table, totals, part, checks[0].name), parameters)


def _check(
    table: RawTable, totals: Totals, dataset: Dataset, part: RawTable, unit: str, days: str
) -> Check:
    measures = ", ".join(f"SUM({measure}) AS {measure}" for measure in totals.measures)
    literal = "'" + unit.replace("'", "\\'") + "'"
    return Check(
        name="totals agree",
        subject=f"{table.address} {unit}",
        expected=f"the sums of {part.address}, within {totals.tolerance:.0%}",
        look=f"SELECT {part.day}, {measures} FROM {deployed(part.address)} "
        f"WHERE {part.business_unit} = {literal} AND {days} "
        f"GROUP BY {part.day} ORDER BY {part.day} DESC",
        dataset=dataset.name,
        unit=unit,
        mend=f"`python -m operations trigger {dataset.name}`; days or rows are missing on one side",
    )


def _sql(table: RawTable, totals: Totals, part: RawTable, check_name: str) -> str:
    rows = [deployed(part.address), deployed(part.superseded)]
    part_rows = "\nUNION DISTINCT\n".join(
        statement(
            "quality/part_rows.sql",
            rows=address,
            unit=str(part.business_unit),
            day=str(part.day),
            measures=", ".join(totals.measures),
        )
        for address in rows
    )
    return statement(
        "quality/totals.sql",
        check_name=check_name,
        name=table.name,
        address=table.address,
        total_rows=deployed(table.address),
        unit=str(table.business_unit),
        day=str(table.day),
        last_day=totals.last_day,
        parts=part.address,
        part_rows=part_rows,
        total_measures=_each(totals, "COALESCE(CAST(total.{0} AS FLOAT64), 0) AS {0}"),
        sums=_each(totals, "SUM(CAST(part.{0} AS FLOAT64)) AS {0}"),
        measures=_each(
            totals,
            "STRUCT('{0}' AS name, totals.{0} AS total, COALESCE(sums.{0}, 0) AS parts)",
        ),
    )


def _each(totals: Totals, form: str) -> str:
    """Write the form once for each measure."""
    return ",\n".join(form.format(measure) for measure in totals.measures)
