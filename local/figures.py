"""One version's figures: pull what is asked on a local cloud of its own, and write down the rows.

`local.comparing` runs this file's text in the folder of either version, so it uses little of them.
"""

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from local.cloud import MAP_DATASET, MAP_ROWS, LocalCloud
from shared import messaging, triggers
from shared.days import Window


def figures(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the rows that each query gives after the pulls; what it can't give, as a text."""
    cloud = LocalCloud(today=date.fromisoformat(asked["today"]))
    cloud.start()
    try:
        cloud.variables |= asked["variables"]
        with cloud.in_force():
            cloud.drop(MAP_DATASET, MAP_ROWS)
            _end(cloud)
            for dataset, days in asked["pulls"].items():
                _pull(dataset, days)
            _end(cloud)
            return {name: _rows(cloud, sql) for name, sql in asked["queries"].items()}
    finally:
        cloud.stop()


def _pull(dataset: str, days: list[str] | None) -> None:
    window = days and Window(*map(date.fromisoformat, days))
    messaging.publish(triggers.ingest(dataset, window=window or None, now=datetime.now(UTC)))


def _end(cloud: LocalCloud) -> None:
    if not cloud.drain():
        raise SystemExit("the chains have not ended")


def _rows(cloud: LocalCloud, sql: str) -> list[dict[str, Any]] | str:
    try:
        return cloud.query(sql)
    except Exception as error:  # noqa: BLE001 - a version may lack a table or column
        return str(error)


if __name__ == "__main__":
    asked_for, found = map(Path, sys.argv[1:])
    content = figures(json.loads(asked_for.read_text(encoding="utf-8")))
    found.write_text(json.dumps(content, default=str), encoding="utf-8")
