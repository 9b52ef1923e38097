"""Brokers of Apache Kafka 2.8, the oldest that are read, and of 3.5."""
import itertools

import pytest
from confluent_kafka import KafkaError, KafkaException

from kafka_broker import Broker
from load import ALL_METADATA, COLUMNS, Load, Orders, produce_orders
from produce import Message, Source
from program import Running, run_to_end
from test_both_clients import bring_the_same
from waiting import wait_for
from world import World

pytestmark = pytest.mark.long
CLIENT = "frazil"  # only it is meant


@pytest.fixture(scope="module")
def brokers(nothing_left_behind, tmp_path_factory):
    """By version, started when it is asked for."""
    started: dict[str, Broker] = {}

    def broker(version: str) -> Broker:
        if version not in started:
            started[version] = Broker(tmp_path_factory.mktemp(f"kafka-{version}"), version=version).start()
        return started[version]
    yield broker
    for one in started.values():
        one.stop()


_topics = (f"orders-{number}" for number in itertools.count(1))


@pytest.fixture(params=["2.8", "3.5"])
def old(brokers, tmp_path, request):
    return World(brokers(request.param), next(_topics), tmp_path / "world")


@pytest.mark.timeout(1800)
def test_both_clients_bring_the_same(old):
    bring_the_same(old, 1, 20_000, ())


def test_a_broker_that_is_killed_under_load_costs_no_row(old):
    old.create_topic(partitions=3)
    with Running(old.write_spec(COLUMNS, metadata_columns=ALL_METADATA, client=CLIENT)) as running:
        with Load(old.broker.address, old.knowledge, 3, seed=1) as load:
            for end in (old.broker.stop, old.broker.kill):
                before = old.position()
                running.wait_for("all partitions go on", lambda: all(
                    old.position().get(partition, 0) > before.get(partition, 0) for partition in range(3)))
                end()
                old.broker.start()
            load.stop()
        old.wait_until_caught_up(running)
        running.stop()
    old.audit()


def created(world: World) -> bool:
    """With a ZooKeeper, a topic that is not seen any more may still be on its way out."""
    try:
        world.create_topic()
    except KafkaException as failure:
        assert failure.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS, failure
        return False
    return True


def test_a_topic_that_was_made_anew_is_not_taken_for_the_old_one(old):
    old.create_topic()
    produce_orders(old.knowledge, Source(old.broker.address, old.topic), Orders(1), 100)
    file = old.write_spec(COLUMNS, client=CLIENT)
    run_to_end(file)
    old.broker.delete_topic(old.topic)
    wait_for("the topic can be made anew", lambda: created(old))
    Source(old.broker.address, old.topic).send(one.message for one in Orders(2).take(200, 0))
    assert "TOPIC_RECREATED" in run_to_end(file, expect=1).err
    assert old.position() == {0: 100}


def test_messages_of_the_format_before_are_refused_by_name(brokers, tmp_path):
    """Kafka 2.8 is the last that still writes them."""
    world = World(brokers("2.8"), next(_topics), tmp_path / "world")
    world.create_topic(message_format_version="0.10.2")
    Source(world.broker.address, world.topic, enable_idempotence=0).send([Message(b"{}"), Message(b"{}")])
    assert "SOURCE_BATCH_OLD_FORMAT" in run_to_end(world.write_spec(COLUMNS, client=CLIENT), expect=1).err
    assert world.position() == {0: 0}
