"""What the names in a statement mean: tables, views, temporary tables, parameters, variables.

https://cloud.google.com/bigquery/docs/reference/standard-sql/procedural-language#declare
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple, cast

from sqlglot import exp, parse_one

from local.bigquery.catalog import Address, Catalog, Dataset, Table
from local.bigquery.errors import invalid_query, refused
from local.bigquery.nodes import variable

TEMPORARY = "temp"  # DuckDB's name for where a cursor's own tables are.

_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge)


class Names(NamedTuple):
    """What a job knows besides the catalogue; a key, so that translations can be remembered.

    `variables` are parameters (`@name`), variables and system variables with their SQL types;
    `temporary` are temporary tables with their columns' names and types. Unless `bounded`, as in a
    view's definition, tables may be read without the filters that they require.
    """

    project: str
    dataset: Dataset | None = None
    variables: tuple[tuple[str, str], ...] = ()
    temporary: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    bounded: bool = True


@dataclass
class Resolved:
    """What was found: `target` is the permanent table that the statement changes."""

    target: Table | None = None
    tables: list[Table] = field(default_factory=list)
    schema: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    partitions: list[tuple[exp.Table, Table]] = field(default_factory=list)


def resolve(tree: exp.Expr, names: Names, catalog: Catalog) -> Resolved:
    """Put into `tree` what its names mean; raise BigQueryError for one that means nothing."""
    resolved = Resolved()
    _resolve_tables(tree, names, catalog, resolved)
    if isinstance(tree, _CHANGES):
        resolved.target = _target(tree, resolved)
    _resolve_variables(tree, dict(names.variables), resolved)
    return resolved


def address_of(table: exp.Table, names: Names) -> Address:
    """Return the address that a statement gives to a permanent table."""
    if table.db:
        return Address(table.catalog or names.project, table.db, table.name)
    if names.dataset is None:
        message = f'Table "{table.name}" must be qualified with a dataset (e.g. dataset.table).'
        raise invalid_query(message)
    return Address(*names.dataset, table.name)


def name_columns(query: exp.Query) -> None:
    """Give the columns of a result that have no names BigQuery's: f0_, f1_ …"""
    if isinstance(query, exp.SetOperation):
        return name_columns(query.left)
    if isinstance(query, exp.Subquery):
        return name_columns(cast("exp.Query", query.unnest()))
    numbers = count()
    columns = [
        each if is_named(each) else exp.alias_(each, f"f{next(numbers)}_", copy=False)
        for each in query.selects
    ]
    query.set("expressions", columns)
    return None


def is_named(column: exp.Expr) -> bool:
    """Whether a column of a SELECT has a name, or is a star."""
    return column.is_star or bool(column.alias) or isinstance(column, exp.Column | exp.Dot)


def _resolve_tables(tree: exp.Expr, names: Names, catalog: Catalog, resolved: Resolved) -> None:
    temporary = {name: dict(columns) for name, columns in names.temporary}
    made = tree.find(exp.Table) if isinstance(tree, exp.Create | exp.Drop) else None
    for table in list(tree.find_all(exp.Table)):
        if table is made:
            continue
        if not isinstance(table.this, exp.Identifier):
            raise refused(f"the table function {table.sql('bigquery')}")
        if table.args.get("version") or table.args.get("when"):
            raise refused("FOR SYSTEM_TIME AS OF")
        name = table.name.lower()
        if not table.db and is_cte(table):
            continue
        if not table.db and name in temporary:
            _place(table, TEMPORARY, temporary[name], resolved)
        else:
            _resolve_permanent(table, address_of(table, names), catalog, resolved)


def _resolve_permanent(
    table: exp.Table, address: Address, catalog: Catalog, resolved: Resolved
) -> None:
    found = catalog.table(address)
    resolved.tables.append(found)
    if found.view_query is not None:
        view = parse_one(found.view_query, read="bigquery")
        _resolve_tables(view, Names(address.project), catalog, resolved)
        assert isinstance(view, exp.Query)
        name_columns(view)
        alias = exp.TableAlias(this=exp.to_identifier(table.alias or table.name))
        table.replace(exp.Subquery(this=view, alias=alias))
        return
    resolved.partitions.append((table, found))
    _place(table, str(address.parent), found.types, resolved)


def _place(table: exp.Table, schema: str, types: dict[str, str], resolved: Resolved) -> None:
    """Name a table as DuckDB does, and note its columns."""
    if isinstance(table.parent, exp.From | exp.Join) and not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
    table.set("this", exp.to_identifier(table.name, quoted=True))
    table.set("db", exp.to_identifier(schema, quoted=True))
    table.set("catalog", None)
    resolved.schema.setdefault(schema, {})[table.name] = types


def is_cte(table: exp.Table) -> bool:
    """Whether a name means a common table expression that is visible where it stands."""
    inside: exp.Expr = table
    around = table.parent
    while around is not None:
        with_ = around.args.get("with_")
        if with_ is not None:
            if with_.recursive:
                raise refused("WITH RECURSIVE")
            for cte in with_.expressions:
                if cte is inside:
                    break
                if cte.alias.lower() == table.name.lower():
                    return True
        if not isinstance(around, exp.With):
            inside = around
        around = around.parent
    return False


def _target(tree: exp.Expr, resolved: Resolved) -> Table | None:
    if isinstance(tree, exp.Delete) and tree.args.get("tables"):  # DELETE without FROM.
        tree.set("this", tree.args["tables"][0])
        tree.set("tables", None)
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    for place, found in resolved.partitions:
        if place is table:
            return found
    if isinstance(table, exp.Table) and table.db == TEMPORARY:
        return None
    raise invalid_query(f"{tree.key.upper()} of what is no table")


def _resolve_variables(tree: exp.Expr, variables: dict[str, str], resolved: Resolved) -> None:
    for node in list(tree.find_all(exp.Parameter)):
        if isinstance(node.parent, exp.Parameter):
            continue
        name = node.sql("bigquery").lower()
        if name.startswith("@@") and name not in variables:
            raise refused(f"the system variable {name}")
        if name not in variables:
            raise invalid_query(f"Query parameter '{name[1:]}' not found")
        node.replace(variable(name))
    declared = {name for name in variables if not name.startswith("@")}
    if declared:
        _resolve_declared(tree, declared, resolved)


def _resolve_declared(tree: exp.Expr, declared: set[str], resolved: Resolved) -> None:
    for column in list(tree.find_all(exp.Column)):
        name, qualifier = column.name.lower(), column.table.lower()
        if _is_written(column) or not declared & {name, qualifier}:
            continue
        if qualifier in declared and qualifier not in _aliases(tree):
            column.replace(exp.Dot(this=variable(qualifier), expression=column.this.copy()))
        elif not qualifier and name in declared:
            if any(name in _columns(source, resolved) for source in _sources(column)):
                raise refused(f"the variable {name}, named like a column")
            column.replace(variable(name))


def _aliases(tree: exp.Expr) -> set[str]:
    return {table.alias_or_name.lower() for table in tree.find_all(exp.Table, exp.Subquery)} | {
        alias.name.lower() for alias in tree.find_all(exp.TableAlias)
    }


def _sources(column: exp.Column) -> Iterator[exp.Expr]:
    """What is read where a column stands: by its query, and by those around it."""
    around = column.parent
    while around is not None:
        if isinstance(around, exp.Select):
            if from_ := around.args.get("from_"):
                yield from_.this
            yield from (join.this for join in around.args.get("joins") or ())
        elif isinstance(around, exp.Update | exp.Delete | exp.Merge):
            yield around.this
            yield from filter(None, (around.args.get("using"), around.args.get("from_")))
        around = around.parent


def _columns(source: exp.Expr, resolved: Resolved) -> set[str]:
    """The columns that a source has, in lower case."""
    if isinstance(source, exp.Table):
        types = resolved.schema.get(source.db, {}).get(source.name)
        if types is not None:
            return set(types)
        named = (cte for cte in source.root().find_all(exp.CTE) if cte.alias == source.name)
        return set().union(*(_columns(cte.this, resolved) for cte in named))
    if isinstance(source, exp.Subquery):
        return _columns(source.this, resolved)
    if isinstance(source, exp.SetOperation):
        return _columns(source.left, resolved)
    return _selected(source, resolved) if isinstance(source, exp.Select) else set()


def _selected(query: exp.Select, resolved: Resolved) -> set[str]:
    names = {name.lower() for name in query.named_selects}
    if any(select.is_star for select in query.expressions):
        for read in (query.args.get("from_"), *(query.args.get("joins") or ())):
            if read is not None:
                names |= _columns(read.this, resolved)
    return names


def _is_written(column: exp.Column) -> bool:
    """Whether it is the left side of an assignment, or in a list of columns to insert."""
    parent = column.parent
    if isinstance(parent, exp.EQ) and parent.this is column:
        return isinstance(parent.parent, exp.Update)
    return (
        isinstance(parent, exp.Tuple)
        and isinstance(parent.parent, exp.Insert)
        and (parent.parent.this is parent)
    )
