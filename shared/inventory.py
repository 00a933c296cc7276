"""Every table and view that a deployment has: the folders of `sql/`, and what is made for them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.catalog import catalog
from shared.schemas import LOG, SQL, table_schema


def tables() -> dict[str, dict[str, Any]]:
    """Return every table's resource by address: written ones, superseded rows, change logs."""
    known = catalog()
    made = [
        *(table.superseded for dataset in known.datasets.values() for table in dataset.tables),
        *(table.superseded for mart in known.marts.values() for table in mart.tables),
        *(f"{LOG}.{name}" for name in known.logs),
    ]
    written = [
        _address(path.parent)
        for path in sorted(SQL.glob("*/*/schema.json"))
        if not (path.parent / "view.sql").exists()
    ]
    return {address: table_schema(address).resource for address in (*written, *made)}


def views() -> Iterator[str]:
    """Yield the addresses of the views, sorted."""
    yield from sorted(_address(path.parent) for path in SQL.glob("*/*/view.sql"))


def _address(folder: Path) -> str:
    return f"{folder.parent.name}.{folder.name}"
