"""Terraform and the local cloud make the same things from the same files."""

import base64
import json
import re

import pytest

from local.provision import Plan, plan
from shared.catalog import catalog
from shared.settings import settings
from shared.topology import topology
from shared.views import view_query
from tests.terraform.evaluation import Evaluated

ENVIRONMENTS = {
    "evaluated": {"BATON_PREFIX": "", "PARTYHELP_DATASET": "partyhelp"},
    "prefixed": {
        "BATON_PREFIX": "dev-",
        "PARTYHELP_DATASET": "partyhelp_reporting",
        "BATON_DATASETS": "st_raw=baton_raw",
    },
}


@pytest.fixture(params=ENVIRONMENTS)
def both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Plan, Evaluated]:
    """What the local cloud would make, and what Terraform would, for the same settings."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "my-project")
    monkeypatch.setenv("BATON_BUCKET", "any")
    for name, value in ENVIRONMENTS[request.param].items():
        monkeypatch.setenv(name, value)
    return plan(), request.getfixturevalue(request.param)


def last(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def test_the_topics_are_the_same(both: tuple[Plan, Evaluated]) -> None:
    local, terraform = both
    assert {topic["name"] for topic in terraform.of("google_pubsub_topic")} == set(local.topics)


def test_the_push_subscriptions_are_the_same_in_all_that_they_say(
    both: tuple[Plan, Evaluated],
) -> None:
    local, terraform = both
    made = {
        (
            push["name"],
            last(push["topic"]),
            push["filter"],
            push["ack_deadline_seconds"],
            seconds(push["retry_policy"][0]["minimum_backoff"]),
            seconds(push["retry_policy"][0]["maximum_backoff"]),
            push["dead_letter_policy"][0]["max_delivery_attempts"],
            last(push["dead_letter_policy"][0]["dead_letter_topic"]),
        )
        for push in terraform.resources["google_pubsub_subscription.push"].values()
    }
    assert made == {
        (
            push.name,
            push.topic,
            push.filter,
            push.ack_deadline_seconds,
            push.minimum_backoff_seconds,
            push.maximum_backoff_seconds,
            push.max_delivery_attempts,
            push.dead_letter_topic,
        )
        for push in local.pushes
    }


def test_each_push_goes_to_the_function_that_listens(both: tuple[Plan, Evaluated]) -> None:
    local, terraform = both
    pushes = terraform.resources["google_pubsub_subscription.push"].values()
    endpoints = {push["name"]: push["push_config"][0]["push_endpoint"] for push in pushes}
    functions = terraform.resources["google_cloudfunctions2_function.function"]
    for push in local.pushes:
        assert endpoints[push.name] == functions[push.function]["service_config"][0]["uri"]


def test_the_dead_letters_and_recordings_are_the_same(both: tuple[Plan, Evaluated]) -> None:
    local, terraform = both
    pulls = terraform.resources["google_pubsub_subscription.dead_letters"].values()
    records = terraform.resources["google_pubsub_subscription.record"].values()
    assert {pull["name"]: last(pull["topic"]) for pull in pulls} == local.pulls
    assert {record["name"]: last(record["topic"]) for record in records} == local.records
    for record in records:
        config = record["bigquery_config"][0]
        assert config["table"] == settings().table(local.record_table)
        assert config["write_metadata"]


def test_no_subscription_expires(evaluated: Evaluated) -> None:
    for subscription in evaluated.of("google_pubsub_subscription"):
        assert subscription["expiration_policy"] == [{"ttl": ""}]


def test_the_notification_is_the_same(both: tuple[Plan, Evaluated]) -> None:
    local, terraform = both
    (notification,) = terraform.of("google_storage_notification")
    assert notification["object_name_prefix"] == local.drop_prefix
    assert last(notification["topic"]) == local.drop_topic
    assert notification["event_types"] == ["OBJECT_FINALIZE"]


def test_the_datasets_are_the_same(both: tuple[Plan, Evaluated]) -> None:
    local, terraform = both
    made = {dataset["dataset_id"] for dataset in terraform.of("google_bigquery_dataset")}
    assert made == set(local.datasets)


def test_the_tables_have_the_same_columns_partitions_and_clusters(
    both: tuple[Plan, Evaluated],
) -> None:
    local, terraform = both
    tables = terraform.resources["google_bigquery_table.table"]
    assert set(tables) == set(local.tables)
    for address, resource in local.tables.items():
        table, partitioning = tables[address], resource.get("timePartitioning")
        assert f"{table['dataset_id']}.{table['table_id']}" == deployed(address)
        assert json.loads(table["schema"]) == resource["schema"]["fields"]
        assert table["time_partitioning"] == ([partitioning] if partitioning else [])
        assert table["clustering"] == resource.get("clustering", {}).get("fields")
        assert table["require_partition_filter"] == resource.get("requirePartitionFilter", False)
        assert table["description"] == resource["description"]


def test_the_views_have_the_same_queries(both: tuple[Plan, Evaluated]) -> None:
    local, terraform = both
    views = terraform.resources["google_bigquery_table.view"]
    assert set(views) == set(local.views)
    for address, view in views.items():
        query = view_query(address)
        assert view["view"] == [{"query": query, "use_legacy_sql": False}]


def test_a_view_reads_tables_and_no_other_view(evaluated: Evaluated) -> None:
    views = evaluated.resources["google_bigquery_table.view"]
    for address, view in views.items():
        others = [other for other in views if re.search(rf"\b{other}\b", view["view"][0]["query"])]
        assert not others, f"{address}: Terraform makes all views at once, after the tables"


def test_each_schedule_publishes_its_request_at_its_time(evaluated: Evaluated) -> None:
    jobs = {job["name"]: job for job in evaluated.of("google_cloud_scheduler_job")}
    expected = {
        f"{dataset.name.replace('_', '-')}-{schedule.name}": (dataset, schedule)
        for dataset in catalog().datasets.values()
        for schedule in dataset.schedules
    }
    assert set(jobs) == set(expected) | {schedule.name for schedule in topology().schedules}
    for name, (dataset, schedule) in expected.items():
        subject = {"pipeline": dataset.pipeline.name, "dataset": dataset.name}
        (target,) = jobs[name]["pubsub_target"]
        assert (jobs[name]["schedule"], jobs[name]["time_zone"]) == (
            schedule.cron,
            dataset.pipeline.zone,
        )
        assert json.loads(base64.b64decode(target["data"])) == subject | dict(schedule.request)
        assert target["attributes"] == subject


def test_each_of_the_topologys_schedules_publishes_an_empty_request(evaluated: Evaluated) -> None:
    jobs = {job["name"]: job for job in evaluated.of("google_cloud_scheduler_job")}
    for schedule in topology().schedules:
        job = jobs[schedule.name]
        (target,) = job["pubsub_target"]
        assert (job["schedule"], job["time_zone"]) == (schedule.cron, schedule.zone)
        assert target["topic_name"].endswith(f"/{schedule.topic}")
        assert base64.b64decode(target["data"]) == b"{}"


def test_each_function_is_as_the_topology_sizes_it(evaluated: Evaluated) -> None:
    functions = evaluated.resources["google_cloudfunctions2_function.function"]
    assert set(functions) == set(topology().functions)
    for name, expected in topology().functions.items():
        (service,) = functions[name]["service_config"]
        assert functions[name]["build_config"][0]["entry_point"] == name
        assert service["timeout_seconds"] == expected.timeout_seconds
        assert service["available_memory"] == f"{expected.memory_mib}Mi"
        assert service["max_instance_request_concurrency"] == expected.concurrency
        assert service["max_instance_count"] == expected.max_instances
        secrets = {s["key"]: s["secret"] for s in service["secret_environment_variables"]}
        assert secrets == {key: key.lower().replace("_", "-") for key in expected.secrets}


def test_each_function_is_told_what_settings_reads(prefixed: Evaluated) -> None:
    functions = prefixed.resources["google_cloudfunctions2_function.function"]
    for name, function in functions.items():
        environment = function["service_config"][0]["environment_variables"]
        given = environment.pop("SERVICETITAN_TENANT_ID", None)
        assert (given == "1") == ("SERVICETITAN_TENANT_ID" in topology().function(name).variables)
        assert environment.pop("THREADS") == str(topology().function(name).concurrency)
        ends = environment.pop("CLOUD_RUN_TIMEOUT_SECONDS")
        assert ends == str(topology().function(name).timeout_seconds)
        assert (environment.pop("THREADED_TIMEOUT_ENABLED", None) == "true") == (name == "gateway")
        assert environment == {
            "GOOGLE_CLOUD_PROJECT": "my-project",
            "BATON_BUCKET": "my-project-dev-baton-landing",
            "BATON_PREFIX": "dev-",
            "BATON_LOCATION": "US",
            "PARTYHELP_DATASET": "partyhelp_reporting",
            "BATON_DATASETS": "st_raw=baton_raw",
        }


def test_only_the_gateway_takes_calls_from_outside(evaluated: Evaluated) -> None:
    functions = evaluated.resources["google_cloudfunctions2_function.function"]
    open_to_all = [
        name
        for name, function in functions.items()
        if function["service_config"][0]["ingress_settings"] != "ALLOW_INTERNAL_ONLY"
    ]
    assert open_to_all == ["gateway"]


def test_what_is_kept_in_git_is_dropped_under_its_dataset(evaluated: Evaluated) -> None:
    (name,) = evaluated.resources["terraform_data.first_rows"]
    assert name == "dim_regional_bu_map"


def test_everything_that_holds_data_is_protected(evaluated: Evaluated) -> None:
    tables = evaluated.resources["google_bigquery_table.table"].values()
    assert all(table["deletion_protection"] for table in tables)
    assert all(s["deletion_protection"] for s in evaluated.of("google_secret_manager_secret"))
    assert not any(d["delete_contents_on_destroy"] for d in evaluated.of("google_bigquery_dataset"))
    assert not evaluated.resources["google_storage_bucket.landing"][""]["force_destroy"]


def test_a_schedule_and_a_bucket_may_be_given_another_time_and_name(prefixed: Evaluated) -> None:
    jobs = {job["name"]: job["schedule"] for job in prefixed.of("google_cloud_scheduler_job")}
    schedules = catalog().dataset("foreman").schedules
    assert jobs["dev-leads-weekly"] == "21 0 * * 1"
    assert jobs["dev-foreman-weekly"] in {schedule.cron for schedule in schedules}
    names = {bucket["name"] for bucket in prefixed.of("google_storage_bucket")}
    assert names == {"my-project-dev-baton-landing", "my-project-zips"}


def test_the_names_fit_into_what_google_allows(prefixed: Evaluated) -> None:
    accounts = prefixed.of("google_service_account")
    assert all(6 <= len(account["account_id"]) <= 30 for account in accounts)
    assert all(len(bucket["name"]) <= 63 for bucket in prefixed.of("google_storage_bucket"))


def deployed(address: str) -> str:
    return settings().table(address).partition(".")[2]
