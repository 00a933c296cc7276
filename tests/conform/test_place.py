"""The rights that a run grants to Google's identities, and the one it narrows its own to."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from google.cloud import storage
from google.iam.v1 import iam_policy_pb2, policy_pb2

from conform import place as places
from conform.place import Place
from local.credentials import write_credentials

TOPIC = "projects/mine/topics/dead"
SUBSCRIPTION = "projects/mine/subscriptions/letters"
SERVICE = "google.iam.v1.IAMPolicy"


class Policies(dict[str, policy_pb2.Policy]):
    """An IAM service: the policies of resources, by name."""

    def handler(self) -> grpc.GenericRpcHandler:
        requests = iam_policy_pb2.GetIamPolicyRequest, iam_policy_pb2.SetIamPolicyRequest
        methods = {
            name: grpc.unary_unary_rpc_method_handler(
                method, request.FromString, policy_pb2.Policy.SerializeToString
            )
            for name, method, request in zip(
                ("GetIamPolicy", "SetIamPolicy"), (self._get, self._set), requests, strict=True
            )
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    def granted(self, resource: str) -> list[tuple[str, list[str]]]:
        return [(binding.role, list(binding.members)) for binding in self[resource].bindings]

    def _get(self, request: iam_policy_pb2.GetIamPolicyRequest, _: object) -> policy_pb2.Policy:
        return self.setdefault(request.resource, policy_pb2.Policy())

    def _set(self, request: iam_policy_pb2.SetIamPolicyRequest, _: object) -> policy_pb2.Policy:
        self[request.resource] = request.policy
        return request.policy


@pytest.fixture
def policies(monkeypatch: pytest.MonkeyPatch) -> Iterator[Policies]:
    policies, server = Policies(), grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers([policies.handler()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{port}")
    yield policies
    server.stop(None).wait()


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Place:
    """A project whose number is 42."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(write_credentials(tmp_path)))
    monkeypatch.setattr(places, "GRANT_SECONDS", 0)
    monkeypatch.setattr(places, "make_agents", lambda _: None)
    bucket = storage.Bucket(None)
    bucket._properties["projectNumber"] = 42
    monkeypatch.setattr(storage.Client, "get_bucket", lambda *_: bucket)
    monkeypatch.setattr(storage.Client, "get_service_account_email", lambda _: "gcs@google.com")
    return Place("mine")


def test_cloud_storage_may_publish_beside_those_who_might_before(
    project: Place, policies: Policies
) -> None:
    policies[TOPIC] = policy_pb2.Policy(
        bindings=[policy_pb2.Binding(role="roles/owner", members=["user:me"])]
    )
    project.let_storage_publish(TOPIC)
    assert policies.granted(TOPIC) == [
        ("roles/owner", ["user:me"]),
        ("roles/pubsub.publisher", ["serviceAccount:gcs@google.com"]),
    ]


def test_pubsub_may_move_messages_to_the_dead_letters(project: Place, policies: Policies) -> None:
    project.let_pubsub_bury(SUBSCRIPTION, TOPIC)
    agent = ["serviceAccount:service-42@gcp-sa-pubsub.iam.gserviceaccount.com"]
    assert policies.granted(TOPIC) == [("roles/pubsub.publisher", agent)]
    assert policies.granted(SUBSCRIPTION) == [("roles/pubsub.subscriber", agent)]


def test_a_narrowed_client_has_one_role_on_the_runs_bucket(project: Place) -> None:
    client = project.narrowed("roles/storage.legacyObjectReader")
    (rule,) = client._credentials._credential_access_boundary.rules
    assert rule.available_resource.endswith(f"/buckets/{project.prefix}")
    assert rule.available_permissions == ("inRole:roles/storage.legacyObjectReader",)
