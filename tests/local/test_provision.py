"""What is provisioned on the local cloud, held against the topology and the schemas."""

import pytest

from local.cloud import LocalCloud
from local.provision import plan, provision
from shared import clients
from shared.schemas import table_schema
from shared.settings import settings
from shared.topology import topology


def test_every_table_is_partitioned_and_clustered_as_its_schema_says(cloud: LocalCloud) -> None:
    for address in plan().tables:
        schema = table_schema(address)
        table = clients.bigquery().get_table(settings().table(address))
        assert tuple(field.name for field in table.schema) == schema.columns
        day = table.time_partitioning.field if table.time_partitioning else None
        assert day == schema.day
        assert table.clustering_fields == schema.resource.get("clustering", {}).get("fields")
        required = schema.resource.get("requirePartitionFilter", False)
        assert bool(table.require_partition_filter) == required


def test_a_raw_table_comes_with_the_table_of_its_superseded_rows(cloud: LocalCloud) -> None:
    raw = {address for address in plan().tables if address.startswith("st_raw.")}
    superseded = {a for a in plan().tables if a.startswith("st_raw_superseded.")}
    assert superseded == {address.replace("st_raw.", "st_raw_superseded.") for address in raw}


def test_every_function_has_its_push_subscriptions_and_dead_letters(cloud: LocalCloud) -> None:
    for function in topology().functions.values():
        for subscription in function.subscriptions:
            path = settings().subscription(subscription.name)
            made = clients.subscriber().get_subscription(subscription=path)
            assert made.topic == settings().topic(subscription.topic)
            assert made.filter == subscription.filter
            assert made.ack_deadline_seconds == subscription.ack_deadline_seconds
            assert made.push_config.push_endpoint == cloud.functions.push_endpoint(function.name)
            letters = settings().topic(function.dead_letters)
            assert made.dead_letter_policy.dead_letter_topic == letters


def test_dropped_files_are_announced_once_each(cloud: LocalCloud) -> None:
    (notification,) = cloud.storage.notifications(settings().bucket)
    assert notification["object_name_prefix"] == topology().drop_prefix
    assert notification["topic"].endswith(settings().topic(topology().drop_topic))


def test_provisioning_again_changes_nothing(cloud: LocalCloud) -> None:
    before = cloud.storage.notifications(settings().bucket)
    provision(cloud.functions.push_endpoint)
    assert cloud.storage.notifications(settings().bucket) == before


def test_a_prefix_tells_environments_in_one_project_apart(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = plan()
    monkeypatch.setenv("BATON_PREFIX", "dev-")
    theirs = plan()
    assert theirs.topics == tuple(f"dev-{name}" for name in ours.topics)
    assert {push.name for push in theirs.pushes} == {f"dev-{push.name}" for push in ours.pushes}
    assert theirs.datasets == tuple(f"dev_{name}" for name in ours.datasets)
