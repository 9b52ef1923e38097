"""The helpers do what the other tests rely on, shown without the program."""
from auditor import Kind, Knowledge
from confluent_kafka import Consumer, TopicPartition
from load import Load, Orders, produce_orders, produce_transaction
from produce import Message, Source
from waiting import wait_for


def consume(address: str, topic: str, partitions: list[int], count: int) -> dict:
    consumer = Consumer({"bootstrap.servers": address, "group.id": "helper", "isolation.level": "read_committed"})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    found = {}
    while len(found) < count:
        message = consumer.poll(60)
        assert message is not None and message.error() is None, f"{len(found)} of {count} messages, then {message}"
        found[message.partition(), message.offset()] = message
    consumer.close()
    return found


def test_messages_lie_where_the_knowledge_says(world):
    world.create_topic(partitions=2)
    source = Source(world.broker.address, world.topic, codec="snappy")
    sent = source.send([Message(b"one", b"key", (("a", b"1"), ("b", None)), 1_700_000_000_001, 1),
                        Message(None, None, (), 1_700_000_000_002, 1), Message(b"", partition=0)])
    assert [message.place for message in sent] == [(1, 0), (1, 1), (0, 0)]
    found = consume(world.broker.address, world.topic, [0, 1], 3)
    for message in sent:
        there = found[message.place]
        assert (there.value(), there.key(), there.timestamp()[1]) == (message.value, message.key, message.timestamp_ms)
        assert tuple(there.headers() or ()) == message.headers


def test_transactions_leave_gaps(world):
    world.create_topic()
    source = Source(world.broker.address, world.topic, transactional_id=world.topic)
    orders = Orders(seed=1, bad=0, nulls=0)
    produce_transaction(world.knowledge, source, orders, 10, 0, commit=True)
    produce_transaction(world.knowledge, source, orders, 5, 0, commit=False)
    assert world.broker.ends(world.topic) == {0: 17}  # two markers
    kinds = [expected.kind for _, expected in sorted(world.knowledge.messages.items())]
    assert kinds == [Kind.ROW] * 10 + [Kind.ABSENT] * 5
    assert len(consume(world.broker.address, world.topic, [0], 10)) == 10


def test_orders_are_the_same_for_the_same_seed():
    assert Orders(7).take(500, 0) == Orders(7).take(500, 0)
    kinds = {expected.kind for expected in Orders(7).take(500, 0)}
    assert kinds == {Kind.ROW, Kind.ERROR, Kind.NULL}


def test_the_load_runs_until_it_is_stopped(world):
    world.create_topic(partitions=3)
    load = Load(world.broker.address, world.knowledge, 3, seed=1, pause=0.01)
    with load:
        source = Source(world.broker.address, world.topic)
        produce_orders(other := Knowledge(world.topic), source, Orders(2), 50)
        wait_for("2000 messages", lambda: len(world.knowledge.messages) >= 2000)
    known = len(world.knowledge.messages) + len(other.messages)
    assert known <= sum(world.broker.ends(world.topic).values())
