"""Several brokers: partitions whose leaders move lose nothing, and a log that loses messages stops the stream."""
import pytest

from auditor import Kind
from kafka_broker import Cluster
from load import ALL_METADATA, COLUMNS, Load, Orders, produce_orders
from produce import Source
from program import Running, run_to_end
from test_accept import accept, of_kind, offsets
from test_audit import audit
from waiting import wait_for

pytestmark = pytest.mark.long
NODES = {1, 2, 3}
# Each node leads two partitions.
SPREAD = [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 3, 2], [2, 1, 3], [3, 2, 1]]


@pytest.fixture
def cluster(nothing_left_behind, tmp_path):
    cluster = Cluster(tmp_path / "kafka")
    yield cluster.start()
    cluster.kill()


def spread_again(world, running: Running) -> None:
    """All nodes have all messages, and each leads its partitions."""
    cluster, topic = world.broker, world.topic
    running.wait_for("all replicas are in sync", lambda: all(one == NODES for one in cluster.in_sync(topic).values()))
    cluster.elect_preferred_leaders(topic)
    preferred = {partition: nodes[0] for partition, nodes in enumerate(SPREAD)}
    running.wait_for("the preferred leaders lead", lambda: cluster.leaders(topic) == preferred)


def test_leaders_move_under_load(world, cluster, seed):
    """Each node is stopped or killed in turn and leads again afterwards."""
    world.broker = cluster
    cluster.create_spread_topic(world.topic, SPREAD, min_insync_replicas="2")
    with Running(world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)) as running:
        with Load(cluster.address, world.knowledge, len(SPREAD), seed) as load:
            running.wait_for("commits", lambda: len(world.lake.commits(world.table, world.stream)) > 3)
            for number, node in enumerate(cluster.nodes):
                (node.kill if (number + seed) % 2 else node.stop)()
                running.wait_for("others lead", lambda: not {number + 1, -1} & set(cluster.leaders(world.topic).values()))
                before = world.position()
                running.wait_for("all partitions go on", lambda: all(
                    offset > before.get(partition, 0) for partition, offset in world.position().items()))
                node.start()
                spread_again(world, running)
            load.stop()
        world.wait_until_caught_up(running)
        running.stop()
    world.audit()
    assert audit(world, "--rows")["whole"]


# --- An unclean leader election ------------------------------------------------------------------------

# librdkafka cannot tell other messages at the offsets that were read.
KNOWS_EPOCHS = "frazil"
LOST = 40  # messages


def lose_messages(world) -> int:
    """The leader of the only partition gets LOST messages that nobody else has. Returns the end before them."""
    follower = world.broker.nodes[1]
    end = world.broker.ends(world.topic)[0]
    follower.kill()
    wait_for("the leader is alone in sync", lambda: world.broker.in_sync(world.topic)[0] == {1})
    Source(world.broker.address, world.topic).send(one.message for one in Orders(seed=99).take(LOST, 0))
    return end


def elect_uncleanly(world) -> None:
    """It dies, and the other one leads."""
    leader, follower = world.broker.nodes[:2]
    leader.kill()
    follower.start()
    wait_for("the follower leads", lambda: world.broker.leaders(world.topic)[0] == 2)


@pytest.fixture
def truncated(world, cluster):
    """A topic on two of three nodes that may lead uncleanly, with 100 messages."""
    world.broker = cluster
    cluster.create_spread_topic(world.topic, [[1, 2]], unclean_leader_election_enable="true", min_insync_replicas="1")
    produce_orders(world.knowledge, Source(cluster.address, world.topic), Orders(1), 100)
    return world


def stopped_with(code: int, log: str) -> str:
    assert code == 1, log[-3000:]
    for name in ("LOG_TRUNCATED", "POSITION_BEYOND_END"):
        if name in log:
            return name
    raise AssertionError(log[-3000:])


@pytest.mark.parametrize("start", ["position", "earliest"])
def test_a_running_stream_stops_when_the_log_was_truncated(truncated, start):
    world = truncated
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA, client=KNOWS_EPOCHS)
    with Running(file) as running:
        world.wait_until_caught_up(running)
        end = lose_messages(world)
        running.wait_for("all is read", lambda: world.position() == {0: end + LOST})
        elect_uncleanly(world)
        code = stopped_with(running.wait_for_end(), running.log)
    assert world.position() == {0: end + LOST}
    go_on(world, file, code, start, end)


@pytest.mark.parametrize("start,grown", [("position", LOST + 20), ("earliest", LOST)])
def test_a_log_that_was_truncated_and_grew_again_is_seen_at_the_start(truncated, start, grown):
    """Other messages have the offsets of those that were read; also when there is nothing behind them to be read."""
    world = truncated
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA, client=KNOWS_EPOCHS)
    run_to_end(file)
    end = lose_messages(world)
    run_to_end(file)
    assert world.position() == {0: end + LOST}
    elect_uncleanly(world)
    produce_orders(world.knowledge, Source(world.broker.address, world.topic), Orders(2), grown)
    ended = run_to_end(file, expect=1)
    code = stopped_with(ended.code, ended.err)
    assert code == "LOG_TRUNCATED", ended
    go_on(world, file, code, start, end)


def go_on(world, file, code: str, start: str, end: int) -> None:
    """By a person's decision; what was read stays, and what comes from there on comes beside it."""
    before = offsets(world, world.table)
    assert code in run_to_end(file, expect=1).err, "it stops again"
    if code == "POSITION_BEYOND_END" and start == "position":  # there is no such place yet
        produce_orders(world.knowledge, Source(world.broker.address, world.topic), Orders(3), LOST + 10)
        code = stopped_with(1, run_to_end(file, expect=1).err)
    accept(world, code, "--start", start)
    produce_orders(world.knowledge, Source(world.broker.address, world.topic), Orders(4), 50)
    run_to_end(file)
    first = 0 if start == "earliest" else end + LOST
    assert offsets(world, world.table) == sorted(before + of_kind(world, Kind.ROW, 0, first, 1 << 40))
    assert audit(world, "--rows")["accepted"][0]["code"] == code
