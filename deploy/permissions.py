"""Who may do what, from the topology: docs/permissions.md, held against Terraform by a test."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy import deployer
from shared.topology import Function, Topology, dashed, topology

PUBSUB, STORAGE = "Pub/Sub's own agent", "Cloud Storage's own agent"
BUILDER, CALLERS, READERS, OPERATORS = "baton-builder", "`callers`", "`readers`", "`operators`"
REPORTING = ("partyhelp", "st_kpi_mart")

REASONS = {
    "roles/pubsub.publisher": "publish",
    "roles/pubsub.subscriber": "take messages, and acknowledge them",
    "roles/storage.objectViewer": "read, and list",
    "roles/storage.objectCreator": "create",
    "roles/storage.objectUser": "create, read, list and replace",
    "roles/storage.legacyBucketReader": "look at the bucket, as a load job does",
    "roles/bigquery.dataViewer": "read",
    "roles/bigquery.dataEditor": "read and change rows",
    "roles/bigquery.jobUser": "run jobs; a job belongs to a project, so there is no smaller place",
    "roles/secretmanager.secretAccessor": "read the value",
    "roles/run.invoker": "call",
    "roles/iam.serviceAccountOpenIdTokenCreator": "sign pushes",
    "roles/artifactregistry.writer": "keep the images",
    "roles/logging.viewer": "read the logs; they belong to a project",
    "roles/logging.logWriter": "write the builds' logs; they belong to a project",
}

PREAMBLE = """\
# Who may do what

Every right that Terraform grants, without the environment's prefix. `python -m deploy permissions`
writes this page from `shared/topology.yaml`, and a test compares it with the grants that Terraform
evaluates: neither can have one more.

- Each function has an identity of its own, `baton-<function>`, which holds only its own rights.
- Pub/Sub pushes to a function as `push-<function>`, which may call that function and nothing else.
- There is no basic role (owner, editor, viewer), and a role on the project only where no smaller
  place exists.
- Objects are those of the landing bucket; a prefix is enforced by a condition on the grant.
- `callers`, `readers` and `operators` are variables of Terraform. Rights on the project have a
  condition that always holds, so that environments keep theirs apart.
- With `kms_key`, the agents of BigQuery, Pub/Sub and Cloud Storage may use that key.
- Who deploys has a role of its own, at the end of this page.

| Who | May | On | Role |
|---|---|---|---|
"""


@dataclass(frozen=True, order=True)
class Grant:
    """One role of one identity on one thing."""

    who: str
    role: str
    on: str


def grants() -> set[Grant]:
    """Every grant there is."""
    layout = topology()
    per_function = {
        grant for function in layout.functions.values() for grant in _of(function, layout)
    }
    return per_function | {*_of_google(layout), *_of_people(), *_of_operators(layout)}


def document() -> str:
    """docs/permissions.md."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for grant in sorted(grants()):
        grouped.setdefault((grant.who, grant.role), []).append(grant.on)
    rows = (
        f"| {who} | {REASONS[role]} | {', '.join(things)} | {role.removeprefix('roles/')} |\n"
        for (who, role), things in grouped.items()
    )
    return PREAMBLE + "".join(rows) + deployer.section()


def _of(function: Function, layout: Topology) -> Iterator[Grant]:
    who, push = f"baton-{dashed(function.name)}", f"push-{dashed(function.name)}"
    for topic in function.publishes:
        yield Grant(who, "roles/pubsub.publisher", f"topic {topic}")
    if function.subscriptions:
        yield Grant(who, "roles/pubsub.publisher", f"topic {function.dead_letters}")
        yield Grant(PUBSUB, "roles/pubsub.publisher", f"topic {function.dead_letters}")
        yield Grant(push, "roles/run.invoker", f"function baton-{dashed(function.name)}")
        yield Grant(PUBSUB, "roles/iam.serviceAccountOpenIdTokenCreator", f"identity {push}")
    for subscription in function.subscriptions:
        yield Grant(PUBSUB, "roles/pubsub.subscriber", f"subscription {subscription.name}")
    for secret in function.secrets:
        yield Grant(who, "roles/secretmanager.secretAccessor", f"secret {dashed(secret.lower())}")
    yield from _of_data(function, who)


def _of_data(function: Function, who: str) -> Iterator[Grant]:
    for prefix in function.reads_objects:
        yield Grant(who, "roles/storage.objectViewer", f"objects {prefix}")
    for prefix in function.writes_objects:
        yield Grant(who, "roles/storage.objectUser", f"objects {prefix}")
    for dataset in function.reads_tables:
        yield Grant(who, "roles/bigquery.dataViewer", f"dataset {dataset}")
    for dataset in function.writes_tables:
        yield Grant(who, "roles/bigquery.dataEditor", f"dataset {dataset}")
    if function.reads_tables or function.writes_tables:
        yield Grant(who, "roles/bigquery.jobUser", "the project")
    if function.reads_objects and function.writes_tables:
        yield Grant(who, "roles/storage.legacyBucketReader", "the landing bucket")


def _of_google(layout: Topology) -> Iterator[Grant]:
    yield Grant(PUBSUB, "roles/bigquery.dataEditor", f"table {layout.record_table}")
    yield Grant(STORAGE, "roles/pubsub.publisher", f"topic {layout.drop_topic}")
    yield Grant(BUILDER, "roles/storage.objectViewer", "the source bucket")
    yield Grant(BUILDER, "roles/storage.objectViewer", "Cloud Functions' copy of it")
    yield Grant(BUILDER, "roles/artifactregistry.writer", "repository baton")
    yield Grant(BUILDER, "roles/logging.logWriter", "the project")


def _of_people() -> Iterator[Grant]:
    yield Grant(CALLERS, "roles/run.invoker", "function baton-gateway")
    yield Grant(READERS, "roles/bigquery.jobUser", "the project")
    for dataset in REPORTING:
        yield Grant(READERS, "roles/bigquery.dataViewer", f"dataset {dataset}")


def _of_operators(layout: Topology) -> Iterator[Grant]:
    """Yield what `python -m operations` needs: to ask, confirm, redrive, replay and read."""
    for function in layout.functions.values():
        if function.subscriptions:
            letters = f"subscription {function.dead_letters}"
            yield Grant(OPERATORS, "roles/pubsub.subscriber", letters)
        for subscription in function.subscriptions:
            if subscription.topic in layout.topics:
                yield Grant(OPERATORS, "roles/pubsub.publisher", f"topic {subscription.topic}")
    for dataset in ("ops", "ops_log"):
        yield Grant(OPERATORS, "roles/bigquery.dataViewer", f"dataset {dataset}")
    yield Grant(OPERATORS, "roles/bigquery.dataEditor", "table ops.requests")
    for prefix in ("landing/", "rejects/"):
        yield Grant(OPERATORS, "roles/storage.objectViewer", f"objects {prefix}")
    for prefix in ("drop/", "landing/partyhelp/", "rejects/partyhelp/"):
        yield Grant(OPERATORS, "roles/storage.objectCreator", f"objects {prefix}")
    yield Grant(OPERATORS, "roles/bigquery.jobUser", "the project")
    yield Grant(OPERATORS, "roles/logging.viewer", "the project")
