"""What Kafka can bring: codecs, transactions, partitions that are added, starting places, secured listeners."""
import pytest

import program
from kafka_broker import PASSWORD, USER
from load import COLUMNS, Orders, placed, produce_orders, produce_transaction
from produce import Message, Source
from program import Running, run_to_end
from waiting import wait_for


def orders_at(world, timestamps: list[int], partition: int = 0) -> None:
    """Good orders with these message times."""
    wanted = Orders(len(world.knowledge.messages), bad=0, nulls=0).take(len(timestamps), partition)
    messages = [Message(one.message.value, timestamp_ms=at, partition=partition)
                for one, at in zip(wanted, timestamps, strict=True)]
    sent = Source(world.broker.address, world.topic).send(messages)
    world.knowledge.add_all(placed(wanted, sent))


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_every_codec_is_read(world, codec):
    world.create_topic(partitions=2)
    source = Source(world.broker.address, world.topic, codec, linger_ms=50)
    for partition in (0, 1):
        produce_orders(world.knowledge, source, Orders(partition), 500, partition)
    run_to_end(world.write_spec(COLUMNS))
    world.audit()


def test_aborted_transactions_leave_no_trace(world):
    world.create_topic(partitions=2)
    source = Source(world.broker.address, world.topic, transactional_id=world.topic)
    orders = Orders(seed=3)
    for number in range(12):
        produce_transaction(world.knowledge, source, orders, 1 + 37 * number % 90, number % 2, commit=number % 3 != 0)
    run_to_end(world.write_spec(COLUMNS))
    world.audit()


def test_an_open_transaction_is_waited_for_and_then_taken(world):
    world.create_topic()
    plain = Source(world.broker.address, world.topic)
    open_one = Source(world.broker.address, world.topic, transactional_id=world.topic)
    orders = Orders(seed=4, nulls=0)
    with Running(world.write_spec(COLUMNS)) as running:
        produce_orders(world.knowledge, plain, orders, 10)
        world.wait_until_caught_up(running)
        open_one._producer.begin_transaction()
        produce_orders(world.knowledge, open_one, orders, 10)
        produce_orders(world.knowledge, plain, orders, 10)
        open_one._producer.commit_transaction(program.LIMIT)
        world.wait_until_caught_up(running)
        running.stop()
    world.audit()


def test_a_topic_that_ends_in_aborted_messages_is_read_to_its_end(world):
    """Nothing is delivered for the last offsets: they are counted as absent, and the run ends."""
    world.create_topic(partitions=2)
    source = Source(world.broker.address, world.topic, transactional_id=world.topic)
    orders = Orders(seed=5)
    produce_transaction(world.knowledge, source, orders, 20, 0, commit=True)
    for partition in (0, 1):
        produce_transaction(world.knowledge, source, orders, 15, partition, commit=False)
    file = world.write_spec(COLUMNS)
    run_to_end(file)
    world.audit()
    commits = world.lake.commits(world.table, world.stream)
    assert sum(commit.counts.get("absent", 0) for commit in commits) == 15 + 15 + 3
    run_to_end(file)
    assert world.lake.commits(world.table, world.stream) == commits, "nothing new, and yet a commit"


def test_compacted_messages_are_absent(world):
    """The broker's cleaner takes older messages of a key away."""
    world.create_topic(cleanup_policy="compact", segment_ms="1", min_cleanable_dirty_ratio="0.001",
                       max_compaction_lag_ms="100")
    source, orders = Source(world.broker.address, world.topic), Orders(6, bad=0, nulls=0, keys=7)
    produce_orders(world.knowledge, source, orders, 60)

    def cleaned() -> bool:
        """Only closed segments are cleaned: each further message closes the one before it."""
        produce_orders(world.knowledge, source, orders, 1)
        return len(world.broker.offsets_delivered(world.topic, 0)) < 60
    wait_for("the cleaner has been there", cleaned, pause=0.5)
    run_to_end(world.write_spec(COLUMNS))
    # The cleaner may have been there again after the rows were read.
    delivered = {(0, offset) for offset in world.broker.offsets_delivered(world.topic, 0)}
    rows = {(0, row["kafka_offset"]) for row in world.lake.read(world.table, columns=("kafka_offset",))}
    assert world.knowledge.compacted(delivered, rows) > 0
    world.audit()
    assert world.lake.commits(world.table, world.stream)[-1].counts["absent"] > 0


def test_a_stream_begins_at_the_log_start(world):
    """What had expired before the first start is no gap."""
    world.create_topic()
    produce_orders(world.knowledge, Source(world.broker.address, world.topic), Orders(6), 100)
    world.broker.delete_records(world.topic, {0: 40})
    run_to_end(world.write_spec(COLUMNS))
    world.audit(starts={0: 40})


def test_partitions_added_while_running_are_read_from_their_beginning(world):
    world.create_topic(partitions=1)
    source = Source(world.broker.address, world.topic)
    with Running(world.write_spec(COLUMNS)) as running:
        produce_orders(world.knowledge, source, Orders(7), 100)
        world.wait_until_caught_up(running)
        world.broker.add_partitions(world.topic, 3)
        fresh = Source(world.broker.address, world.topic)
        for partition in range(3):
            produce_orders(world.knowledge, fresh, Orders(10 + partition), 100, partition)
        world.wait_until_caught_up(running)
        running.stop()
    assert set(world.position()) == {0, 1, 2}
    world.audit()


def test_partitions_added_while_stopped_are_read_from_their_beginning(world):
    world.create_topic(partitions=1)
    file = world.write_spec(COLUMNS, start="latest")
    produce_orders(world.knowledge, Source(world.broker.address, world.topic), Orders(8), 10)
    run_to_end(file)
    world.broker.add_partitions(world.topic, 2)
    produce_orders(world.knowledge, Source(world.broker.address, world.topic), Orders(9), 50, partition=1)
    run_to_end(file)
    world.audit(starts={0: 10})


# --- Where a stream starts ---------------------------------------------------------------------------

TIMES = [1_700_000_000_000 + 1000 * number for number in range(20)]


@pytest.mark.parametrize("start,starts", [
    ("earliest", {0: 0, 1: 0}),
    ("latest", {0: 20, 1: 20}),
    ({"timestamp": "2023-11-14T22:13:28Z"}, {0: 8, 1: 8}),
    ({"timestamp": 1_700_000_007_500}, {0: 8, 1: 8}),
    ({"timestamp": "2030-01-01T00:00:00Z"}, {0: 20, 1: 20}),
    ({"offsets": {"1": 12}}, {0: 0, 1: 12}),
    ({"group": "somebody"}, {0: 0, 1: 7}),
], ids=["earliest", "latest", "time", "milliseconds", "time-to-come", "offsets", "group"])
def test_a_stream_starts_where_it_is_told(world, start, starts):
    world.create_topic(partitions=2)
    if isinstance(start, dict) and "group" in start:
        start = {"group": f"{world.topic}-group"}
        world.broker.commit_group(start["group"], world.topic, {1: 7})
    for partition in (0, 1):
        orders_at(world, TIMES, partition)
    file = world.write_spec(COLUMNS, start=start)
    run_to_end(file)
    for partition in (0, 1):
        orders_at(world, [TIMES[-1] + 1], partition)
    run_to_end(file)
    world.audit(starts)
    assert world.lake.commits(world.table, world.stream)[0].next == starts


def test_latest_is_resolved_once(world):
    """Killed before the first message: what came meanwhile is not skipped at the next start."""
    world.create_topic(partitions=2)
    orders_at(world, TIMES)
    file = world.write_spec(COLUMNS, start="latest")
    with Running(file) as running:
        running.wait_for("the position is in the table", world.position)
        running.kill()
    assert world.position() == {0: 20, 1: 0}
    for partition in (0, 1):
        orders_at(world, TIMES, partition)
    run_to_end(file)
    world.audit(starts={0: 20})


def test_group_offsets_are_mirrored_for_lag_tools(world):
    world.create_topic(partitions=2)
    source = Source(world.broker.address, world.topic)
    produce_orders(world.knowledge, source, Orders(11), 30, partition=1)
    with Running(world.write_spec(COLUMNS)) as running:
        world.wait_until_caught_up(running)
        running.wait_for("the group has the position",
                         lambda: world.broker.group_offsets("frazil.orders", world.topic).get(1) == 30)
        running.stop()


# --- Secured listeners ---------------------------------------------------------------------------

def secured(broker, listener: str, mechanism: str = "", password_from: dict | None = None) -> dict:
    spec = {}
    if "tls" in listener:
        spec["tls"] = {"ca_file": broker.tls_file("ca.pem")}
    if mechanism:
        spec["sasl"] = {"mechanism": mechanism, "username": USER,
                        "password": password_from or {"from_env": "KAFKA_PASSWORD"}}
    return program.connection(broker.listener(listener), **spec)


# Debian's librdkafka sends SCRAM's nonce twice, which Apache Kafka 4 refuses.
SCRAM = [] if program.CLIENT == "librdkafka" else [
    ("sasl", "SCRAM-SHA-256"), ("sasl", "SCRAM-SHA-512"), ("sasl_tls", "SCRAM-SHA-512")]


@pytest.mark.parametrize("listener,mechanism", [("tls", ""), ("sasl", "PLAIN"), ("sasl_tls", "PLAIN")] + SCRAM)
def test_secured_listeners_are_read(world, listener, mechanism):
    world.create_topic()
    produce_orders(world.knowledge, Source(world.broker.address, world.topic), Orders(12), 20)
    file = world.write_spec(COLUMNS, connection=secured(world.broker, listener, mechanism))
    run_to_end(file, KAFKA_PASSWORD=PASSWORD)
    world.audit()


def test_a_client_certificate_and_a_password_from_a_file(world):
    world.create_topic()
    produce_orders(world.knowledge, Source(world.broker.address, world.topic), Orders(13), 20)
    secret = world.folder.parent / "password"
    secret.write_text(PASSWORD + "\n")
    document = secured(world.broker, "sasl_tls", "PLAIN", {"from_file": str(secret)})
    document["spec"]["tls"] |= {"cert_file": world.broker.tls_file("client.pem"),
                                "key_file": world.broker.tls_file("client-key.pem")}
    run_to_end(world.write_spec(COLUMNS, connection=document))
    world.audit()


@pytest.mark.parametrize("listener,mechanism", [("sasl", "PLAIN"), ("sasl_tls", "SCRAM-SHA-256")])
def test_a_wrong_password_is_refused_with_77(world, listener, mechanism):
    world.create_topic()
    file = world.write_spec(COLUMNS, connection=secured(world.broker, listener, mechanism))
    ended = run_to_end(file, expect=77, KAFKA_PASSWORD="pizza salami")
    assert "pizza salami" not in ended.err + ended.out
    assert USER in ended.err or "password" in ended.err


def test_an_authority_that_is_not_trusted_is_refused(world):
    """Reached, but not the server it should be."""
    world.create_topic()
    document = secured(world.broker, "tls")
    document["spec"]["tls"] = {}
    ended = run_to_end(world.write_spec(COLUMNS, connection=document), expect=77)
    assert "certificate" in ended.err.lower()
