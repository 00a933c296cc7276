"""Terraform's own evaluation of the root module, without a provider.

Each resource and data source is turned into a local value that holds its arguments, instance by
instance, with stand-ins for what only the provider could tell (ids, e-mail addresses, URLs).
`terraform plan` then computes all of them from the real topology, catalogue, schemas and SQL.
"""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy import package
from tests.terraform.hcl import Block, read

ROOT = Path(__file__).resolve().parents[2]
READ_BY_TERRAFORM = ("shared", "sql", "functions", "requirements", "terraform/modules")
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".terraform*")
META_ARGUMENTS = ("for_each", "depends_on", "lifecycle", "provider", "provisioner")
LEFT_OUT = ("resource", "data", "terraform", "provider", "removed")
REFERENCE = re.compile(r"\b(data\.)?(google_\w+|time_sleep|terraform_data)\.([a-z]\w*)")

# What the provider computes beside an id; `body` is the resource's own arguments.
COMPUTED = {
    "google_project": 'number = "123456789012"',
    "google_pubsub_topic": 'id = "projects/${var.project_id}/topics/${body.name}"',
    "google_pubsub_subscription": 'id = "projects/${var.project_id}/subscriptions/${body.name}"',
    "google_service_account": 'name = body.account_id, email = "${body.account_id}@sa", '
    'member = "serviceAccount:${body.account_id}", unique_id = body.account_id',
    "google_secret_manager_secret": 'id = body.secret_id, create_time = ""',
    "google_storage_bucket": 'time_created = ""',
    "google_cloudfunctions2_function": "id = body.name, service_config = "
    '[merge(body.service_config[0], { uri = "https://${body.name}.run.app" })]',
    "google_artifact_registry_repository": "id = body.repository_id, name = body.repository_id",
    "google_monitoring_notification_channel": "name = body.display_name",
    "google_compute_address": 'address = "203.0.113.7"',
}


class RefusedError(Exception):
    """Terraform refuses the configuration or its variables; the message is its own."""


@dataclass(frozen=True)
class Evaluated:
    """The arguments of every instance, by `type.name`, then by key ("" without for_each)."""

    resources: dict[str, dict[str, dict[str, Any]]]
    outputs: dict[str, Any]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """All instances of a resource type."""
        return [
            instance
            for address, instances in self.resources.items()
            if address.startswith(f"{kind}.")
            for instance in instances.values()
        ]


def evaluate(folder: Path, **variables: Any) -> Evaluated:
    """Evaluate the root module with these variables; `folder` is a place to work in, and again."""
    if not (folder / "terraform").exists():
        _write_shadow(folder)
    (folder / "terraform" / "given.auto.tfvars.json").write_text(json.dumps(variables))
    _terraform(folder, "plan", "-out=plan", "-lock=false", "-input=false")
    planned = json.loads(_terraform(folder, "show", "-json", "plan"))["planned_values"]["outputs"]
    outputs = {name: output["value"] for name, output in planned.items()}
    return Evaluated(outputs.pop("resources"), outputs)


def _write_shadow(folder: Path) -> None:
    for name in READ_BY_TERRAFORM:
        shutil.copytree(ROOT / name, folder / name, ignore=NOT_COPIED)
    package.build_all(folder / "build" / "functions")
    shadow = folder / "terraform" / "shadow.tf"
    shadow.write_text(_shadow(read(ROOT / "terraform")), encoding="utf-8")
    _terraform(folder, "init", "-input=false")


def _terraform(folder: Path, command: str, *arguments: str) -> str:
    done = subprocess.run(
        ["terraform", command, "-no-color", *arguments],
        cwd=folder / "terraform",
        env={**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RefusedError(done.stderr)
    return done.stdout


def _shadow(module: Block) -> str:
    made = [block for block in module.blocks if block.kind in ("resource", "data")]
    kept = [block for block in module.blocks if block.kind not in LEFT_OUT]
    values = "".join(f"  {_local(block)} = {_instances(block)}\n" for block in made)
    listed = "".join(f'  "{".".join(block.labels)}" = {_by_key(block)}\n' for block in made)
    return "\n".join(
        [
            *(_written(block) for block in kept),
            f"locals {{\n{values}}}",
            f'output "resources" {{ value = {{\n{listed}}} }}\n',
        ]
    )


def _local(block: Block) -> str:
    return "__".join(("data", *block.labels) if block.kind == "data" else block.labels)


def _by_key(block: Block) -> str:
    local = f"local.{_local(block)}"
    return local if "for_each" in block.attributes else f'{{ "" = {local} }}'


def _instances(block: Block) -> str:
    kind = block.labels[0]
    computed = f'{{ id = "{kind}" }}, {{ {COMPUTED.get(kind, "")} }}'
    instance = f"[for body in [{_object(block)}] : merge(body, {computed})][0]"
    if "for_each" not in block.attributes:
        return instance
    pairs = _pairs(block)
    return f"{{ for each in {pairs} : each.key => {instance} }}"


def _object(block: Block) -> str:
    """A block's body as an object: nested blocks become lists."""
    lines = [
        f"{name} = {_rewritten(expression)}"
        for name, expression in block.attributes.items()
        if name not in META_ARGUMENTS
    ]
    nested: dict[str, list[str]] = {}
    for inner in block.blocks:
        if inner.kind == "dynamic":
            nested.setdefault(inner.labels[0], []).append(_repeated(inner))
        elif inner.kind not in META_ARGUMENTS:
            nested.setdefault(inner.kind, []).append(f"[{_object(inner)}]")
    lines += [f"{kind} = concat({', '.join(lists)})" for kind, lists in nested.items()]
    return "{\n" + "\n".join(lines) + "\n}"


def _repeated(dynamic: Block) -> str:
    name = dynamic.labels[0]
    pairs = _pairs(dynamic)
    return f"[for {name} in {pairs} : {_object(dynamic.of('content')[0])}]"


def _pairs(block: Block) -> str:
    """What `each`, or a dynamic block's iterator, is in turn: a key and a value."""
    items = _rewritten(block.attributes["for_each"])
    return f"[for key, value in ({items}) : {{ key = key, value = value }}]"


def _written(block: Block) -> str:
    """A block as Terraform writes it, its references pointing to the local values."""
    labels = "".join(f' "{label}"' for label in block.labels)
    attributes = [f"{name} = {_rewritten(text)}" for name, text in block.attributes.items()]
    lines = "\n".join([*attributes, *(_written(inner) for inner in block.blocks)])
    return f"{block.kind}{labels} {{\n{lines}\n}}"


def _rewritten(expression: str) -> str:
    return REFERENCE.sub(
        lambda found: f"local.{'data__' if found[1] else ''}{found[2]}__{found[3]}", expression
    )
