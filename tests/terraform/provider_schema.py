"""The Google provider's schema, as far as the PyPI package cdktf-cdktf-provider-google tells it.

Its bindings are of provider 6.50, the last that was published; they are read as source text,
because importing them would start Node. `DIFFERENCES` lists what newer providers changed.
"""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = "cdktf_cdktf_provider_google"
ROOT = Path(__file__).resolve().parents[2]

# What 7.0 and later changed of the resource types in terraform/: arguments that must not be used
# any more. Nothing else was removed or became required up to 8; added was, for most types, an
# optional `deletion_policy`. Sources: the provider's guides for upgrading to 7.0 and 8.0, and
# Pulumi's bindings of 8.
DIFFERENCES = {
    "google_cloudfunctions2_function.service_config.service": "only computed since 7.0",
    "google_storage_bucket.retention_policy.retention_period": "a string since 7.0",
}

# What newer providers have more of what is used here: since 7.21.
NEWER = {
    "google_cloudfunctions2_function.service_config.direct_vpc_egress",
    "google_cloudfunctions2_function.service_config.direct_vpc_network_interface",
}

META = {"connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioners"}


@dataclass(frozen=True)
class Argument:
    """An argument: whether it is required, its type as the bindings write it, and its own block."""

    required: bool
    type: str
    block: str | None


@dataclass(frozen=True)
class ResourceSchema:
    """A resource type or data source: its blocks by name ("" is itself), and what it exports."""

    blocks: dict[str, dict[str, Argument]]
    root: str
    exported: frozenset[str]


def package() -> Path | None:
    """Where the bindings are installed, or None."""
    found = sorted((ROOT / ".venv-terraform").glob(f"lib/python3*/site-packages/{PACKAGE}"))
    return found[0] if found else None


@cache
def resource_schema(kind: str, *, data: bool = False) -> ResourceSchema:
    """The schema of `google_…`, a resource type or a data source."""
    folder = f"data_{kind}" if data else kind.removeprefix("google_")
    path = package()
    assert path
    module = ast.parse((path / folder / "__init__.py").read_text(encoding="utf-8"))
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    root = next(c for c in classes if any("Terraform" in ast.unparse(base) for base in c.bases))
    return ResourceSchema(
        blocks={c.name: _arguments(c) for c in classes},
        root=root.name,
        exported=frozenset(f.name for f in root.body if isinstance(f, ast.FunctionDef)),
    )


def _arguments(bindings: ast.ClassDef) -> dict[str, Argument]:
    methods = (node for node in bindings.body if isinstance(node, ast.FunctionDef))
    for method in methods:
        if method.name == "__init__":
            pairs = zip(method.args.kwonlyargs, method.args.kw_defaults, strict=True)
            return {
                given.arg: _argument(ast.unparse(given.annotation), default is None)
                for given, default in pairs
                if given.annotation and given.arg not in META
            }
    return {}


def _argument(annotation: str, required: bool) -> Argument:
    block = re.search(r"'(\w+)'", annotation)
    return Argument(required, annotation, block.group(1) if block else None)
