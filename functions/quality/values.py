"""The catalogue's rules of value, over the raw tables that the chain changed."""

from collections.abc import Iterator

from functions.quality.checks import Check, Part, Scope
from functions.quality.raw_tables import row_key
from shared.catalog import Dataset, RawTable
from shared.catalog.value_rules import BETWEEN, ValueRule
from shared.statements import deployed, statement

# How far a clock may be ahead of ours.
CLOCKS_DIFFER = "INTERVAL 1 HOUR"


def parts(scope: Scope) -> Iterator[Part]:
    """Give the checks of each table's rules: a query a table, and one a reference."""
    for dataset, table in scope.changed:
        rules = [rule for rule in table.rules if rule.kind != "is_in"]
        if rules:
            yield _rules(scope, dataset, table, rules)
        for rule in table.rules:
            if rule.kind == "is_in":
                yield _reference(scope, dataset, table, rule)


def _rules(scope: Scope, dataset: Dataset, table: RawTable, rules: list[ValueRule]) -> Part:
    checks = tuple(_check(scope, dataset, table, rule) for rule in rules)
    sql = statement(
        "quality/values.sql",
        address=table.address,
        raw=deployed(table.address),
        day=str(table.day),
        row_key=row_key(table.identity, "current_rows"),
        rules=",\n".join(_rule(scope, table, rule) for rule in rules),
    )
    return Part(checks, sql)


def _check(scope: Scope, dataset: Dataset, table: RawTable, rule: ValueRule) -> Check:
    columns = ", ".join(dict.fromkeys((*table.identity, *rule.columns)))
    return Check(
        name=rule.text,
        subject=table.address,
        expected=", ".join(rule.bound) if rule.kind == "one_of" else rule.text,
        look=f"SELECT {columns} FROM {deployed(table.address)} "
        f"WHERE {scope.within(str(table.day))} ORDER BY {', '.join(rule.columns)}",
        mend=_mend(dataset, table, rule),
        severity=rule.severity,
        dataset=dataset.name,
    )


def _mend(dataset: Dataset, table: RawTable, rule: ValueRule) -> str:
    if rule.kind == "not_future" and table.schema.field(rule.columns[0]).type == "TIMESTAMP":
        return "PARTYHELP_DB_TIMEZONE is likely wrong: see Time in docs/partyhelp.md"
    if rule.kind == "days_beyond_window":
        return "the report filters on another date: look at its DateType in the catalogue"
    return (
        f"correct it in the source, then `python -m operations trigger {dataset.name}`; "
        f"if the source is right, change the rule in shared/catalog/{dataset.name}.yaml"
    )


def _rule(scope: Scope, table: RawTable, rule: ValueRule) -> str:
    return (
        f"    STRUCT('{rule.text}' AS check_name, {_broken(scope, table, rule)} AS is_broken, "
        f"{row_key(rule.columns, 'current_rows')} AS found)"
    )


def _broken(scope: Scope, table: RawTable, rule: ValueRule) -> str:
    """The condition that a row breaks the rule; NULL, so no breach, where a value is missing."""
    if rule.kind == BETWEEN:
        return f"NOT ({_qualified(rule)})"
    column = f"current_rows.{rule.column}"
    kind = table.schema.field(str(rule.column)).type
    if rule.kind in ("least", "greatest"):
        bound = f"DATE '{rule.bound}'" if kind == "DATE" else str(rule.bound)
        return f"{column} {'<' if rule.kind == 'least' else '>'} {bound}"
    if rule.kind == "one_of":
        listed = ", ".join(f"'{text}'" for text in rule.bound)
        return f"{column} NOT IN ({listed})"
    if rule.kind == "not_future":
        if kind == "DATE":
            return f"{column} > DATE(current_rows._pulled_at, '{scope.pipeline.zone}')"
        return f"{column} > TIMESTAMP_ADD(current_rows._pulled_at, {CLOCKS_DIFFER})"
    days = f"INTERVAL {rule.bound} DAY"
    return (
        f"({column} < DATE_SUB(pull.window_from, {days}) "
        f"OR {column} > DATE_ADD(pull.window_to, {days}))"
    )


def _qualified(rule: ValueRule) -> str:
    """Return a comparison with its columns named as those of the current rows."""
    words = (f"current_rows.{w}" if w in rule.columns else w for w in str(rule.bound).split())
    return " ".join(words)


def _reference(scope: Scope, dataset: Dataset, table: RawTable, rule: ValueRule) -> Part:
    parent = dataset.table(rule.bound)
    column, address = str(rule.column), deployed(table.address)
    check = Check(
        name=rule.text,
        subject=table.address,
        expected=f"a row of {parent.address}",
        look=f"SELECT * FROM {address} WHERE {scope.within(str(table.day))} AND {column} NOT IN "
        f"(SELECT id FROM {deployed(parent.address)} WHERE {scope.within(str(parent.day))})",
        mend="the source has lost it, or "
        f"`python -m operations rejects {dataset.name} BATCH` has it",
        severity=rule.severity,
        dataset=dataset.name,
    )
    sql = statement(
        "quality/parents.sql",
        name=check.name,
        address=table.address,
        raw=address,
        parent=deployed(parent.address),
        column=column,
        day=str(table.day),
        row_key=row_key(table.identity, "child"),
    )
    return Part((check,), sql)
