"""Raw rows against themselves: each typed column is read again from the source's own row, in SQL.

The reading is the ingest's (`shared.values`): money, percent, parentheses, dates with a time behind
them. A test holds both together. A column that the source's row doesn't name was given by the pull.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from functions.quality.checks import Check, Part, Scope
from functions.quality.raw_tables import row_key
from shared.catalog import Column, Dataset, RawTable, catalog
from shared.days import FIRST_PLAIN_DAY, LAST_PLAIN_DAY
from shared.statements import deployed, statement

AS_ITS_RAW = "as its raw"
# Each day's superseded rows are read once in so many nights.
NIGHTS = 28
SUPERSEDED_DAYS = "superseded_days"
# As near as two roundings of NUMERIC come; a share of a FLOAT64.
NUMERIC_TOLERANCE, FLOAT_TOLERANCE = "0.000000002", "0.000000000001"


def audit_parts(scope: Scope) -> Iterator[Part]:
    """Give the checks of each raw table that keeps the source's rows: current and superseded ones.

    Superseded rows are many: those of each day are read once in NIGHTS.
    """
    turn = [
        day for day in scope.days if day.toordinal() % NIGHTS == scope.today.toordinal() % NIGHTS
    ]
    for dataset in catalog().datasets.values():
        for table in dataset.tables:
            if dataset.pipeline == scope.pipeline and "raw" in table.schema.columns:
                yield _part(dataset, table, table.address, "days", scope.days)
                yield _part(dataset, table, table.superseded, SUPERSEDED_DAYS, turn)


def _part(
    dataset: Dataset, table: RawTable, address: str, parameter: str, days: Sequence[date]
) -> Part:
    check = Check(
        name=AS_ITS_RAW,
        subject=address,
        expected="each column as the row's own raw has it",
        look=f"SELECT raw, * EXCEPT (raw) FROM {deployed(address)} "
        f"WHERE {table.day} >= '2000-01-01' ORDER BY _pulled_at DESC LIMIT 20",
        mend=f"`python -m operations refill {dataset.name}` loads every landed batch again",
        dataset=dataset.name,
    )
    columns = [each for each in table.columns if each.names and not each.hashed]
    names = [each.name for each in columns]
    sql = statement(
        "quality/as_its_raw.sql",
        table_name=address,
        rows=deployed(address),
        day=str(table.day),
        days=f"@{parameter}",
        row_key=row_key((*table.key, "_row"), "stored"),
        columns=", ".join(f"stored.{name}" for name in names),
        texts=",\n    ".join(_text(each) for each in columns),
        is_empty=" AND ".join(f"{name}_field IS NULL" for name in names),
        comparisons=",\n".join(_comparison(table, each) for each in columns),
    )
    return Part((check,), sql, {parameter: list(days)})


def _text(column: Column) -> str:
    """The column's field as a text, and whether the row has it at all."""
    paths = [f"""'$."{name}"'""" for name in (*column.names, column.name)]
    values = ", ".join(f"JSON_VALUE(stored.raw, {path})" for path in paths)
    fields = " AND ".join(f"JSON_QUERY(stored.raw, {path}) IS NULL" for path in paths)
    return (
        f"NULLIF(TRIM(COALESCE({values})), '') AS {column.name}_text,\n"
        f"    IF({fields}, NULL, TRUE) AS {column.name}_field"
    )


def _comparison(table: RawTable, column: Column) -> str:
    kind, name = table.schema.field(column.name).type, column.name
    read = _read(kind, f"{name}_text")
    stored = name
    if table.homonyms == name:  # The second of two people of one name is called `Name (2)`.
        read, stored = (f"REGEXP_REPLACE({each}, r' \\([0-9]+\\)$', '')" for each in (read, name))
    is_different = f"{name}_field AND {_differs(kind, stored, read)}"
    return (
        f"      STRUCT('{name}' AS name, COALESCE({is_different}, FALSE) AS is_different, "
        f"CAST({read} AS STRING) AS expected, CAST({name} AS STRING) AS found)"
    )


def _read(kind: str, text: str) -> str:
    """The SQL of a field's value, as `shared.values` reads it."""
    if kind == "DATE":
        return _read_day(text)
    if kind == "BOOL":
        return f"LOWER({text}) IN ('true', '1')"
    if kind in ("NUMERIC", "INT64", "FLOAT64"):
        return _read_number(text, "FLOAT64" if kind == "FLOAT64" else "NUMERIC")
    return text


def _read_number(text: str, kind: str) -> str:
    digits = f"SAFE_CAST(REGEXP_REPLACE({text}, r'[$,()%+\\s]', '') AS {kind})"
    share = f"IF(ENDS_WITH(RTRIM({text}, ')'), '%'), {digits} / 100, {digits})"
    return f"IF(STARTS_WITH({text}, '('), -{share}, {share})"


def _read_day(text: str) -> str:
    month, day, year = (
        f"REGEXP_EXTRACT({text}, r'^{pattern}')"
        for pattern in (r"(\d{1,2})/", r"\d{1,2}/(\d{1,2})/", r"\d{1,2}/\d{1,2}/(\d{4})")
    )
    american = f"CONCAT({year}, '-', LPAD({month}, 2, '0'), '-', LPAD({day}, 2, '0'))"
    read = f"SAFE_CAST(COALESCE({american}, SUBSTR({text}, 1, 10)) AS DATE)"
    return f"IF({read} BETWEEN DATE '{FIRST_PLAIN_DAY}' AND DATE '{LAST_PLAIN_DAY}', {read}, NULL)"


def _differs(kind: str, stored: str, read: str) -> str:
    if kind in ("NUMERIC", "INT64", "FLOAT64"):
        value = f"CAST({stored} AS NUMERIC)" if kind == "INT64" else stored
        least = FLOAT_TOLERANCE if kind == "FLOAT64" else NUMERIC_TOLERANCE
        scale = f"{least} * GREATEST(1, ABS({read}))" if kind == "FLOAT64" else least
        return f"(({stored} IS NULL) != ({read} IS NULL) OR ABS({value} - {read}) > {scale})"
    if kind == "STRING":  # A number that lands as text loses its `.0`.
        as_numbers = f"SAFE_CAST({stored} AS FLOAT64) = SAFE_CAST({read} AS FLOAT64)"
        return f"({stored} IS DISTINCT FROM {read} AND NOT COALESCE({as_numbers}, FALSE))"
    return f"({stored} IS DISTINCT FROM {read})"
