"""Dead letters and BigQuery subscriptions: what Pub/Sub does with messages by itself."""

import json
import time

from conform.answers import outcome
from conform.bigquery.warehouse import Warehouse
from conform.place import GRANT_SECONDS, Place
from conform.probes import Json, probe
from conform.pubsub.post import DOCS, SECONDS, Post

DEAD_LETTERS = f"{DOCS}/handling-failures#dead_letter_topic"
LONG_SECONDS, CENTS = GRANT_SECONDS + 120, 0.02
ATTEMPTS = 5
# While the grant is not in force everywhere, attempts go on beyond the limit.
MOST_ATTEMPTS = 40
ROW_SECONDS = 60.0


@probe(
    "A message that was rejected as often as allowed goes to the dead letters, with its data and"
    " attributes, and with where it comes from.",
    source=DEAD_LETTERS,
    expected={
        "data": "text",
        "pipeline": "partyhelp",
        "attempts": [1, 2, 3, 4, 5],
        "enough": True,
        "names": [
            "CloudPubSubDeadLetterSourceDeliveryCount",
            "CloudPubSubDeadLetterSourceSubscription",
            "CloudPubSubDeadLetterSourceSubscriptionProject",
            "CloudPubSubDeadLetterSourceTopicPublishTime",
            "pipeline",
        ],
        "subscription": True,
        "another id": True,
    },
    seconds=LONG_SECONDS,
    cents=CENTS,
)
def rejected_message_is_a_dead_letter(place: Place) -> Json:
    post, topic, dead = Post(place), place.topic(), place.topic()
    letters = place.subscription(dead)
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": ATTEMPTS}
    subscription = place.subscription(topic, dead_letter_policy=policy, ack_deadline_seconds=60)
    place.let_pubsub_bury(subscription, dead)
    identity = post.publish(topic, pipeline="partyhelp")
    attempts, found = list[int](), post.pull(letters, 0.1)
    while not found and len(attempts) < MOST_ATTEMPTS:
        for received in post.pull(subscription, 1.0):
            attempts.append(received.delivery_attempt)
            post.extend(subscription, received, 0)
        found = post.pull(letters, 1.0) if len(attempts) >= ATTEMPTS else []
    message = found[0].message
    attributes = dict(message.attributes)
    source = attributes["CloudPubSubDeadLetterSourceSubscription"]
    return {
        "data": message.data.decode(),
        "pipeline": attributes["pipeline"],
        "attempts": attempts[:ATTEMPTS],
        "enough": int(attributes["CloudPubSubDeadLetterSourceDeliveryCount"]) >= ATTEMPTS,
        "names": sorted(name for name in attributes if not name.startswith("googclient_")),
        "subscription": source == subscription.rsplit("/", 1)[-1],
        "another id": message.message_id != identity,
    }


@probe(
    "Deliveries are counted only where there is a dead letter policy.",
    source=DEAD_LETTERS,
    expected=[0, 0],
    seconds=SECONDS,
    cents=CENTS,
)
def deliveries_are_not_counted_without_a_policy(place: Place) -> Json:
    post, topic = Post(place), place.topic()
    subscription = place.subscription(topic)
    post.publish(topic)
    first = post.one(subscription)
    post.extend(subscription, first, 0)
    return [first.delivery_attempt, post.one(subscription).delivery_attempt]


@probe(
    "Fewer than 5 or more than 100 delivery attempts are refused.",
    source=DEAD_LETTERS,
    expected=[{"status": 400}, {"status": 400}],
    seconds=SECONDS,
    cents=0,
)
def attempts_have_limits(place: Place) -> Json:
    topic, dead = place.topic(), place.topic()
    policies = ({"dead_letter_topic": dead, "max_delivery_attempts": n} for n in (4, 101))
    return [outcome(place.subscription, topic, dead_letter_policy=policy) for policy in policies]


@probe(
    "A BigQuery subscription writes each message as a row, with its metadata.",
    source=f"{DOCS}/bigquery#properties_subscription",
    expected={"data": "text", "attributes": {"pipeline": "partyhelp"}, "id": True, "name": True},
    seconds=LONG_SECONDS + SECONDS,
    cents=0.3,
)
def messages_become_rows(place: Place) -> Json:
    post, topic, warehouse = Post(place), place.topic(), Warehouse(place)
    table = warehouse.table(
        "data STRING",
        "subscription_name STRING",
        "message_id STRING",
        "publish_time TIMESTAMP",
        "attributes STRING",
    )
    place.let_pubsub_write()
    config = {"table": f"{place.project}.{table}", "write_metadata": True}
    subscription = place.subscription(topic, bigquery_config=config)
    identity = post.publish(topic, pipeline="partyhelp")
    ends, rows = time.monotonic() + ROW_SECONDS, list[list[str]]()
    while not rows and time.monotonic() < ends:
        time.sleep(0.5)
        rows = warehouse.rows(
            f"SELECT data, attributes, message_id, subscription_name FROM {table}"
        )
    if not rows:
        return {"rows": 0}
    data, attributes, message, name = rows[0]
    return {
        "data": data,
        "attributes": json.loads(attributes),
        "id": message == identity,
        "name": name.rsplit("/", 1)[-1] == subscription.rsplit("/", 1)[-1],
    }
