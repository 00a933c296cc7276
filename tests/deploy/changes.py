"""Resource changes as `terraform show -json` tells them."""

import json
from typing import Any


def column(name: str, kind: str = "STRING", mode: str = "NULLABLE") -> dict[str, str]:
    return {"name": name, "type": kind, "mode": mode}


def table(*columns: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"dataset_id": "st_raw", "table_id": "t", "schema": json.dumps(columns), **more}


def change(
    address: str, actions: str, before: Any = None, after: Any = None, because: str = ""
) -> dict[str, Any]:
    return {
        "address": address,
        "mode": "managed",
        "change": {
            "actions": actions.split(),
            "before": before,
            "after": after,
            **({"replace_paths": [[because]]} if because else {}),
        },
    }
