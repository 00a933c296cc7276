"""A saved plan, from `terraform show -json`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """What a plan does to one resource: its arguments before and after, either of them None."""

    address: str
    actions: tuple[str, ...]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    replaced_for: tuple[str, ...] = ()
    imported: bool = False

    @property
    def resource(self) -> str:
        """The address without its instance's key."""
        return self.address.partition("[")[0]

    @property
    def key(self) -> str:
        """The instance's key, or nothing."""
        return self.address.partition('["')[2].removesuffix('"]')

    @property
    def kind(self) -> str:
        """The resource's type."""
        return self.resource.split(".")[-2]

    @property
    def deletes(self) -> bool:
        """Whether what is there now goes, replaced or not."""
        return "delete" in self.actions


@dataclass(frozen=True)
class Plan:
    """A saved plan: its changes, and the variables that it was made with."""

    changes: tuple[Change, ...]
    variables: Mapping[str, Any]
    changes_outputs: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to apply."""
        return not self.changes and not self.changes_outputs

    @property
    def project(self) -> str:
        """The project that it changes, however that was configured."""
        return str(self.variables["project_id"])

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its environment, as terraform/sources.tf gives them."""
        prefix = str(self.variables["prefix"])
        return {"app": "baton", "environment": prefix.removesuffix("-") or "main"}


def read(text: str) -> Plan:
    """Return a plan as `terraform show -json` prints it."""
    plan = json.loads(text)
    variables = {name: given.get("value") for name, given in plan["variables"].items()}
    outputs = plan.get("output_changes", {}).values()
    changed = any(output["actions"] != ["no-op"] for output in outputs)
    return Plan(tuple(_changes(plan)), variables, changed)


def of(resource: Mapping[str, Any]) -> Change:
    """Return one of a plan's `resource_changes`."""
    change = resource["change"]
    return Change(
        address=resource["address"],
        actions=tuple(change["actions"]),
        before=change["before"],
        after=change["after"],
        replaced_for=tuple(str(path[0]) for path in change.get("replace_paths", [])),
        imported="importing" in change,
    )


def _changes(plan: Mapping[str, Any]) -> Iterator[Change]:
    for resource in plan.get("resource_changes", []):
        change = of(resource)
        if resource["mode"] == "managed" and (change.actions != ("no-op",) or change.imported):
            yield change
