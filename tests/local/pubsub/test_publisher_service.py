import pytest
from google.api_core.exceptions import AlreadyExists, InvalidArgument, NotFound
from google.pubsub_v1.types import PubsubMessage, Topic

from tests.local.pubsub.bench import Bench


def test_a_topic_is_found_by_its_name_until_it_is_deleted(bench: Bench) -> None:
    topic = bench.topic("orders")
    assert bench.publisher.get_topic(topic=topic).name == topic
    bench.publisher.delete_topic(topic=topic)
    with pytest.raises(NotFound):
        bench.publisher.get_topic(topic=topic)


def test_a_topic_can_be_created_only_once(bench: Bench) -> None:
    bench.topic("orders")
    with pytest.raises(AlreadyExists):
        bench.topic("orders")


@pytest.mark.parametrize("name", ["ab", "1-order", "google-orders", "or ders", "o" * 256])
def test_a_malformed_topic_name_is_refused(bench: Bench, name: str) -> None:
    with pytest.raises(InvalidArgument):
        bench.topic(name)


def test_topics_and_their_subscriptions_are_listed_by_project(bench: Bench) -> None:
    orders, bills = bench.topic("orders"), bench.topic("bills")
    kitchen = bench.subscription(orders, "kitchen")
    listed = bench.publisher.list_topics(project=bench.project)
    assert {topic.name for topic in listed} == {orders, bills}
    assert list(bench.publisher.list_topic_subscriptions(topic=orders)) == [kitchen]


@pytest.mark.ours_only("Google's emulator does not update labels")
def test_a_topics_labels_can_be_replaced(bench: Bench) -> None:
    topic = Topic(name=bench.topic(), labels={"team": "kitchen"})
    bench.publisher.update_topic(request={"topic": topic, "update_mask": {"paths": ["labels"]}})
    assert bench.publisher.get_topic(topic=topic.name).labels == {"team": "kitchen"}


def test_every_subscription_of_a_topic_gets_its_own_copy(bench: Bench) -> None:
    topic = bench.topic()
    subscriptions = [bench.subscription(topic, name) for name in ("kitchen", "cellar")]
    message_id = bench.publish(topic, b"soup", table="7")
    for subscription in subscriptions:
        (received,) = bench.pull(subscription)
        assert received.message.message_id == message_id
        assert received.message.data == b"soup"
        assert received.message.attributes == {"table": "7"}


def test_message_ids_differ(bench: Bench) -> None:
    messages = [PubsubMessage(data=b"soup")] * 20
    assert len(set(bench.publish_raw(bench.topic(), *messages))) == 20


def test_publishing_to_a_missing_topic_is_refused(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.publish(f"{bench.project}/topics/nowhere", b"soup")


def test_one_empty_message_has_the_whole_request_refused(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    with pytest.raises(InvalidArgument):
        bench.publish_raw(topic, PubsubMessage(data=b"soup"), PubsubMessage())
    bench.publish(topic, b"salad")
    assert [each.message.data for each in bench.pull(subscription)] == [b"salad"]


def test_a_message_may_have_attributes_alone(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    bench.publish(topic, b"", table="7")
    assert [each.message.data for each in bench.pull(subscription)] == [b""]


@pytest.mark.ours_only("Google's emulator has no limits on attributes")
@pytest.mark.parametrize(
    "attributes",
    [
        {f"key-{number}": "" for number in range(101)},
        {"": "empty key"},
        {"k" * 257: "long key"},
        {"long-value": "v" * 1025},
        {"google": "reserved"},
    ],
)
def test_attributes_beyond_the_limits_are_refused(bench: Bench, attributes: dict[str, str]) -> None:
    with pytest.raises(InvalidArgument):
        bench.publish_raw(bench.topic(), PubsubMessage(data=b"soup", attributes=attributes))


@pytest.mark.ours_only("Google's emulator takes more")
def test_a_request_over_ten_million_bytes_is_refused(bench: Bench) -> None:
    topic = bench.topic()
    assert bench.publish_raw(topic, PubsubMessage(data=b"s" * 9_999_000))
    with pytest.raises(InvalidArgument):
        bench.publish_raw(topic, PubsubMessage(data=b"s" * 10_000_001))
