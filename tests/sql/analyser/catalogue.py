"""Tables and variables as the analyser knows them."""

from collections.abc import Mapping, Sequence
from itertools import count

from zetasql.wasi._pb2.zetasql.proto.simple_catalog_pb2 import SimpleCatalogProto
from zetasql.wasi._pb2.zetasql.public.simple_table_pb2 import SimpleColumnProto, SimpleTableProto
from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeProto

from tests.sql.analyser.options import language

Columns = Sequence[tuple[str, TypeProto]]

_ids = count(1)


def catalogue(
    tables: Mapping[str, Columns],
    temporary: Mapping[str, Columns],
    variables: Mapping[str, TypeProto],
) -> SimpleCatalogProto:
    """Return BigQuery's functions, the `dataset.table`s, temporary tables and variables."""
    root = SimpleCatalogProto(name="catalogue")
    root.builtin_function_options.language_options.CopyFrom(language())
    datasets: dict[str, SimpleCatalogProto] = {}
    for address, columns in tables.items():
        dataset, _, name = address.partition(".")
        if dataset not in datasets:
            datasets[dataset] = root.catalog.add(name=dataset)
        datasets[dataset].table.append(_table(name, columns))
    root.table.extend(_table(name, columns) for name, columns in temporary.items())
    for name, kind in variables.items():
        root.constant.add(name_path=[name], type=kind)
    return root


def _table(name: str, columns: Columns) -> SimpleTableProto:
    """Return a table whose columns can be written."""
    return SimpleTableProto(
        name=name,
        serialization_id=next(_ids),
        column=[
            SimpleColumnProto(name=column, type=kind, is_writable_column=True)
            for column, kind in columns
        ],
    )
