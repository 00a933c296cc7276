"""The place of a run: Google's clients, and everything it makes, under one prefix."""

import secrets
import threading
import time
from contextlib import ExitStack
from functools import cached_property
from typing import Self

import google.auth
from google.api_core.exceptions import Conflict, NotFound
from google.api_core.retry import Retry, if_exception_type
from google.auth import downscoped
from google.auth.credentials import Credentials
from google.cloud import bigquery, storage
from google.pubsub_v1 import PublisherClient, SubscriberClient

from deploy.once import make_agents

PREFIX = "conform-"
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
# How long a grant takes to be in force: https://cloud.google.com/iam/docs/access-change-propagation
GRANT_SECONDS = 120
BUCKET_SECONDS = 60
# Tables go by themselves if nobody removes them.
TABLES_LIVE_MILLISECONDS = 24 * 60 * 60 * 1000
# A statement may process this much: https://cloud.google.com/bigquery/pricing#on_demand_pricing
MOST_BYTES_BILLED = 100 * 2**20


class RemovedError(Exception):
    """The run is over: nothing more is made."""


class Place:
    """A project, and in it the run's one dataset, one bucket, its topics and subscriptions."""

    def __init__(self, project: str, location: str = "US", prefix: str | None = None) -> None:
        self.project = project
        self.location = location
        self.prefix = prefix or PREFIX + secrets.token_hex(4)
        self.dataset_name = self.prefix.replace("-", "_")
        self._making = threading.Lock()
        self._granting = threading.Lock()
        self._notified_topic = ""
        self._removed = False
        self._names = 0

    @cached_property
    def bigquery_client(self) -> bigquery.Client:
        """BigQuery's client; no statement costs more than a tenth of a cent."""
        limits = bigquery.QueryJobConfig(maximum_bytes_billed=MOST_BYTES_BILLED)
        return bigquery.Client(
            self.project, location=self.location, default_query_job_config=limits
        )

    @cached_property
    def storage_client(self) -> storage.Client:
        """Cloud Storage's client."""
        return storage.Client(self.project)

    @cached_property
    def publisher(self) -> PublisherClient:
        """Pub/Sub's client for topics."""
        return PublisherClient(client_options={"quota_project_id": self.project})

    @cached_property
    def subscriber(self) -> SubscriberClient:
        """Pub/Sub's client for subscriptions."""
        return SubscriberClient(client_options={"quota_project_id": self.project})

    @property
    def bucket(self) -> storage.Bucket:
        """The run's bucket."""
        return self.storage_client.bucket(self.prefix)

    def open(self) -> Self:
        """Make the dataset and the bucket."""
        dataset = bigquery.Dataset(f"{self.project}.{self.dataset_name}")
        dataset.location = self.location
        dataset.default_table_expiration_ms = TABLES_LIVE_MILLISECONDS
        self.bigquery_client.create_dataset(dataset)
        bucket = self.bucket
        bucket.iam_configuration.uniform_bucket_level_access_enabled = True
        bucket.soft_delete_policy.retention_duration_seconds = 0
        self.storage_client.create_bucket(bucket, location=self.location)
        return self

    def name(self, kind: str) -> str:
        """Return a name that nothing else has."""
        with self._making:
            self._names += 1
            return f"{self.prefix}-{kind}-{self._names}"

    def topic(self) -> str:
        """Make a topic."""
        path = f"projects/{self.project}/topics/{self.name('topic')}"
        with self._making:
            self._check()
            self.publisher.create_topic(name=path)
        return path

    def subscription(self, topic: str, **settings: object) -> str:
        """Make a subscription."""
        path = f"projects/{self.project}/subscriptions/{self.name('subscription')}"
        request = {"name": path, "topic": topic, **settings}
        with self._making:
            self._check()
            self.subscriber.create_subscription(request=request)
        return path

    def remove(self) -> None:
        """Remove everything of the run; what isn't there is no error."""
        with self._making:
            self._removed = True
        with ExitStack() as each:  # One that fails keeps none of the others from being tried.
            # A probe that still runs may write an object in between.
            again = Retry(if_exception_type(Conflict), timeout=BUCKET_SECONDS)
            each.callback(again(self._remove_bucket))
            each.callback(self._remove_dataset)
            each.callback(self._remove_topics)
            each.callback(self._remove_subscriptions)

    def close(self) -> None:
        """Close the clients."""
        self.bigquery_client.close()  # type: ignore[no-untyped-call]
        self.storage_client.close()
        self.publisher.transport.close()  # type: ignore[no-untyped-call]
        self.subscriber.transport.close()  # type: ignore[no-untyped-call]

    def _remove_subscriptions(self) -> None:
        for found in self.subscriber.list_subscriptions(project=f"projects/{self.project}"):
            if f"/{self.prefix}-" in found.name:
                self.subscriber.delete_subscription(subscription=found.name)

    def _remove_topics(self) -> None:
        for found in self.publisher.list_topics(project=f"projects/{self.project}"):
            if f"/{self.prefix}-" in found.name:
                self.publisher.delete_topic(topic=found.name)

    def _remove_dataset(self) -> None:
        self.bigquery_client.delete_dataset(
            self.dataset_name, delete_contents=True, not_found_ok=True
        )

    def _remove_bucket(self) -> None:
        try:
            for blob in self.bucket.list_blobs():
                blob.delete()
            self.bucket.delete()
        except NotFound:
            return

    def _check(self) -> None:
        if self._removed:
            raise RemovedError

    # Rights

    def narrowed(self, role: str) -> storage.Client:
        """Return a client of Cloud Storage that has one role, on the bucket alone."""
        source, _ = google.auth.default(scopes=[CLOUD])
        resource = f"//storage.googleapis.com/projects/_/buckets/{self.prefix}"
        rule = downscoped.AccessBoundaryRule(  # type: ignore[no-untyped-call]
            resource, [f"inRole:{role}"]
        )
        boundary = downscoped.CredentialAccessBoundary([rule])  # type: ignore[no-untyped-call]
        narrow: Credentials = downscoped.Credentials(  # type: ignore[no-untyped-call]
            source, boundary
        )
        return storage.Client(self.project, credentials=narrow)

    @property
    def notified_topic(self) -> str:
        """The topic to which Cloud Storage may publish."""
        with self._granting:
            if not self._notified_topic:
                topic = self.topic()
                self.let_storage_publish(topic)
                self._notified_topic = topic
            return self._notified_topic

    def let_storage_publish(self, topic: str) -> None:
        """Let Cloud Storage publish to a topic, and wait until it may."""
        agent = self.storage_client.get_service_account_email()
        self._grant(self.publisher, topic, "roles/pubsub.publisher", agent)
        time.sleep(GRANT_SECONDS)

    def let_pubsub_bury(self, subscription: str, topic: str) -> None:
        """Let Pub/Sub move messages to a topic for dead letters, and wait until it may."""
        agent = self._pubsub_agent()
        self._grant(self.publisher, topic, "roles/pubsub.publisher", agent)
        self._grant(self.subscriber, subscription, "roles/pubsub.subscriber", agent)
        time.sleep(GRANT_SECONDS)

    def let_pubsub_write(self) -> None:
        """Let Pub/Sub write into the dataset's tables, and wait until it may."""
        dataset = self.bigquery_client.get_dataset(self.dataset_name)
        entry = bigquery.AccessEntry("WRITER", "userByEmail", self._pubsub_agent())
        dataset.access_entries = [*dataset.access_entries, entry]
        self.bigquery_client.update_dataset(dataset, ["access_entries"])
        time.sleep(GRANT_SECONDS)

    def _pubsub_agent(self) -> str:
        make_agents(self.project)
        number = self.storage_client.get_bucket(self.prefix).project_number
        return f"service-{number}@gcp-sa-pubsub.iam.gserviceaccount.com"

    def _grant(
        self, client: PublisherClient | SubscriberClient, resource: str, role: str, agent: str
    ) -> None:
        policy = client.get_iam_policy(request={"resource": resource})
        policy.bindings.add(role=role, members=[f"serviceAccount:{agent}"])
        client.set_iam_policy(request={"resource": resource, "policy": policy})
