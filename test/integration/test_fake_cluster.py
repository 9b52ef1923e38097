"""A cluster that answers as no healthy one does: every row once, or the right stop, in seconds."""
import functools
import itertools
import random
import time

import pytest

import program
from fake_cluster import FakeCluster, Trouble
from kafka_broker import PASSWORD, USER
from load import ALL_METADATA, COLUMNS, Load, Orders, produce_orders, produce_transaction
from produce import Source
from program import Running, run_to_end
from world import World

PARTITIONS = 6
SECONDS = 30.0  # longer is too long, whatever goes wrong
CLIENT = "frazil"  # only it is meant; the other one has tests of its own

pytestmark = pytest.mark.timeout(300)
_topics = (f"orders-{number}" for number in itertools.count(1))


def make_world(cluster: FakeCluster, folder) -> World:
    """With messages in every partition, some of them in transactions."""
    world = World(cluster, next(_topics), folder)
    world.create_topic(PARTITIONS)
    produce(world, seed=1)
    source = Source(cluster.address, world.topic, "zstd", world.topic, **cluster.login)
    for partition in range(PARTITIONS):
        produce_transaction(world.knowledge, source, Orders(partition), 20, partition, commit=partition % 2 == 0)
    return world


def produce(world: World, seed: int, partitions=range(PARTITIONS)) -> None:
    source = Source(world.broker.address, world.topic, "lz4", **world.broker.login)
    for partition in partitions:
        produce_orders(world.knowledge, source, Orders(seed), 50, partition)


def spec(world: World, **stream):
    return world.write_spec(COLUMNS, metadata_columns=ALL_METADATA, client=CLIENT, **stream)


@pytest.fixture(scope="module")
def shared(nothing_left_behind):
    cluster = FakeCluster().start()
    yield cluster
    cluster.stop()


@pytest.fixture
def fake(shared, tmp_path) -> World:
    return make_world(shared, tmp_path / "world")


@pytest.fixture
def own(nothing_left_behind, tmp_path):
    """For tests that leave the cluster other than it was."""
    cluster = FakeCluster().start()
    yield make_world(cluster, tmp_path / "world")
    cluster.stop()


# --- What passes ---------------------------------------------------------------------------------------

OF_A_PARTITION = (
    "NOT_LEADER_FOR_PARTITION", "UNKNOWN_TOPIC_ID", "UNKNOWN_TOPIC_OR_PARTITION", "FENCED_LEADER_EPOCH",
    "UNKNOWN_LEADER_EPOCH", "OFFSET_OUT_OF_RANGE", "KAFKA_STORAGE_ERROR", "UNKNOWN_SERVER_ERROR", "REPLICA_NOT_AVAILABLE",
    "OFFSET_NOT_AVAILABLE", "INCONSISTENT_TOPIC_ID", "REQUEST_TIMED_OUT")
OF_A_SESSION = ("FETCH_SESSION_ID_NOT_FOUND", "INVALID_FETCH_SESSION_EPOCH", "FETCH_SESSION_TOPIC_ID_ERROR",
                "UNKNOWN_SERVER_ERROR")


def fault(world: World, **what):
    """Two fetches will fail so."""
    return functools.partial(world.broker.trouble, "fault", key="Fetch", count=2, **what)


def every_trouble(world: World, draw: random.Random):
    """What it is called, and how to make it."""
    cluster = world.broker
    for error in OF_A_PARTITION:
        some = sorted(draw.sample(range(PARTITIONS), 3))
        yield f"{error} of {some}", fault(world, error=error, topic=world.topic, partitions=some)
    for error in OF_A_SESSION:
        yield error, fault(world, error=error, top=True)
    for size in (1, 60, 500):
        yield f"answers of {size} bytes cut off", functools.partial(cluster.trouble, "cut", bytes=size, count=2)
    yield "a slow answer", functools.partial(cluster.trouble, "delay", key="Fetch", ms=1500, count=2)
    yield "a slow word of leaders", functools.partial(cluster.trouble, "delay", key="Metadata", ms=500, count=1)


def test_a_running_stream_gets_over_each_trouble(fake, seed, request):
    """Some of them, in the quick run."""
    world, draw = fake, random.Random(seed)
    troubles = list(every_trouble(world, draw))
    if not request.config.getoption("long"):
        troubles = draw.sample(troubles, 9)
    with Running(spec(world)) as running:
        world.wait_until_caught_up(running)
        for number, (what, make) in enumerate(troubles):
            trouble, began = make(), time.monotonic()
            if "leaders" in what:
                world.broker.do("hang_up")
            produce(world, number)
            running.wait_for(f"all is read in spite of {what}", world.caught_up, SECONDS)
            running.wait_for(f"it has met {what}", lambda: trouble.hits, SECONDS)
            print(f"{what}: {time.monotonic() - began:.1f} s")
            trouble.end()
        assert "BLOCKED" not in running.log
        running.stop()
    world.audit()


@pytest.mark.parametrize("key,error", [
    ("ListOffsets", "NOT_LEADER_FOR_PARTITION"), ("ListOffsets", "FENCED_LEADER_EPOCH"),
    ("ListOffsets", "OFFSET_NOT_AVAILABLE"), ("ListOffsets", "UNKNOWN_SERVER_ERROR"),
    ("Metadata", "LEADER_NOT_AVAILABLE"),
    ("OffsetForLeaderEpoch", "UNKNOWN_LEADER_EPOCH"), ("OffsetForLeaderEpoch", "NOT_LEADER_FOR_PARTITION"),
    ("OffsetFetch", "NOT_COORDINATOR"), ("OffsetFetch", "COORDINATOR_LOAD_IN_PROGRESS"),
    ("FindCoordinator", "COORDINATOR_NOT_AVAILABLE")])
def test_a_start_gets_over_errors_of(fake, key, error):
    world, group = fake, fake.topic
    world.broker.commit_group(group, world.topic, {partition: 0 for partition in range(PARTITIONS)})
    file = spec(world, start={"group": group})
    if key == "OffsetForLeaderEpoch":  # asked of a position that there is
        run_to_end(file)
        produce(world, 2)
    selected = {"group": group} if key in ("OffsetFetch", "FindCoordinator") else {"topic": world.topic}
    trouble = world.broker.trouble("fault", key=key, error=error, count=2, **selected)
    run_to_end(file, limit=SECONDS)
    assert trouble.hits == 2
    world.audit()


def test_throttled_it_stays_away_and_reads_from_the_others(own):
    """A broker that says "come back in a second" is left alone for so long."""
    cluster = own.broker
    cluster.do("move", topic=own.topic, partitions=[0, 1], node=0)
    cluster.do("move", topic=own.topic, partitions=[2, 3, 4, 5], node=1)
    with Running(spec(own)) as running:
        own.wait_until_caught_up(running)
        throttle = cluster.trouble("throttle", ms=2000, count=4)
        running.wait_for("both are throttled", lambda: throttle.hits >= 2)
        produce(own, 2)
        running.wait_for("all of it is used up", lambda: throttle.hits == 4)
        own.wait_until_caught_up(running)
        assert throttle.early == 0
        running.stop()
    own.audit()


def test_a_node_that_comes_back_at_another_address_is_read_from(own):
    """As in Kubernetes, where the address is new with each restart."""
    cluster = own.broker
    with Running(spec(own)) as running:
        own.wait_until_caught_up(running)
        for node in (1, 2):
            cluster.readdress_node(node)
            cluster.do("move", topic=own.topic, partitions=list(range(PARTITIONS)), node=node)
            produce(own, seed=node)
            running.wait_for(f"all is read from node {node}", own.caught_up, SECONDS)
        running.stop()
    own.audit()


# --- Everything at once --------------------------------------------------------------------------------

def storm(world: World, draw: random.Random) -> list[Trouble]:
    """One thing that goes wrong somewhere."""
    cluster = world.broker
    some = sorted(draw.sample(range(PARTITIONS), draw.randint(1, PARTITIONS)))
    dice = draw.randrange(10)
    if dice < 4:
        return [cluster.trouble("fault", key="Fetch", error=draw.choice(OF_A_PARTITION), topic=world.topic,
                                partitions=some, count=draw.randint(1, 4))]
    if dice < 5:
        return [cluster.trouble("fault", key="Fetch", error=draw.choice(OF_A_SESSION), top=True, count=1)]
    if dice < 6:
        return [cluster.trouble("cut", bytes=draw.choice([1, 100, 500]), count=draw.randint(1, 3))]
    if dice < 7:
        return [cluster.trouble("throttle", ms=draw.choice([50, 500]), count=draw.randint(1, 3))]
    if dice < 8:
        cluster.do("move", topic=world.topic, partitions=some, node=draw.choice(cluster.nodes))
    elif dice < 9:
        cluster.do("shuffle")
    elif draw.random() < 0.5:
        cluster.do("hang_up")
    else:
        cluster.replace_node(draw.choice(cluster.nodes[1:]))
    return []


def test_a_storm_costs_no_row(own, seed, request):
    steps = 200 if request.config.getoption("long") else 25
    draw, troubles = random.Random(seed), []
    with Running(spec(own)) as running:
        with Load(own.broker.address, own.knowledge, PARTITIONS, seed) as load:
            for _ in range(steps):
                before = own.position()
                troubles += storm(own, draw)
                if draw.random() < 0.3:
                    running.wait_for("something is read", lambda: own.position() != before, SECONDS)
            load.stop()
        began = time.monotonic()
        own.broker.ends(own.topic)  # the storm may leave a transaction open until its timeout: that is no delay of ours
        print(f"transactions were decided after {time.monotonic() - began:.1f} s")
        running.wait_for(lambda: f"all is read: {own.places()}", own.caught_up, 2 * SECONDS)
        assert "BLOCKED" not in running.log, running.log[-3000:]
        running.stop()
    assert sum(trouble.hits for trouble in troubles) >= len(troubles) / 2
    own.audit()


# --- What does not pass --------------------------------------------------------------------------------

@pytest.mark.parametrize("key,error,code", [
    ("Metadata", "TOPIC_AUTHORIZATION_FAILED", "TOPIC_DENIED"),
    ("ListOffsets", "TOPIC_AUTHORIZATION_FAILED", "TOPIC_DENIED"),
    ("OffsetFetch", "GROUP_AUTHORIZATION_FAILED", "GROUP_DENIED")])
def test_a_start_ends_at(fake, key, error, code):
    """And succeeds when the cause is gone."""
    world, group = fake, fake.topic
    world.broker.commit_group(group, world.topic, {partition: 0 for partition in range(PARTITIONS)})
    file = spec(world, start={"group": group})
    selected = {"group": group} if key == "OffsetFetch" else {"topic": world.topic}
    trouble = world.broker.trouble("fault", key=key, error=error, count=-1, **selected)
    ended = run_to_end(file, expect=77, limit=SECONDS)
    assert code in ended.err, str(ended)
    trouble.end()
    run_to_end(file)
    world.audit()


@pytest.mark.parametrize("error,said,within", [
    ("TOPIC_AUTHORIZATION_FAILED", "RETRYING: TOPIC_DENIED", SECONDS / 3),
    pytest.param("KAFKA_STORAGE_ERROR", "RETRYING: KAFKA_READ_FAILED", 2 * SECONDS, marks=pytest.mark.long)])
def test_what_lasts_is_told_while_the_others_are_read(fake, error, said, within):
    world, sick = fake, 3
    with Running(spec(world)) as running:
        world.wait_until_caught_up(running)
        trouble = world.broker.trouble("fault", key="Fetch", error=error, topic=world.topic, partitions=[sick], count=-1)
        produce(world, 2)
        running.wait_for("it is told", lambda: said in running.log, within)
        trouble.end()
        world.wait_until_caught_up(running)
        running.stop()
    world.audit()


def test_a_right_that_is_missing_ends_a_run_until_the_end(fake):
    """What is not refused is committed before."""
    file = spec(fake)
    trouble = fake.broker.trouble("fault", key="Fetch", error="TOPIC_AUTHORIZATION_FAILED", topic=fake.topic, partitions=[3], count=-1)
    ended = run_to_end(file, expect=77, limit=SECONDS)
    assert "RETRYING: TOPIC_DENIED" in ended.err and ended.err.count("TOPIC_DENIED") < 20, str(ended)
    trouble.end()
    run_to_end(file)
    fake.audit()


def test_a_topic_that_is_deleted_ends_a_run_until_the_end(fake):
    fake.broker.trouble("fault", key="Fetch", error="KAFKA_STORAGE_ERROR", topic=fake.topic, partitions=[3], count=-1)
    file = spec(fake)
    with Running(file, "--until-end") as running:
        running.wait_for("the others are read", lambda: sum(fake.position().values()) > 0, SECONDS)
        fake.broker.delete_topic(fake.topic)
        assert running.wait_for_end() == 1
        assert "RETRYING: TOPIC_MISSING" in running.log and running.log.count("TOPIC_MISSING") < 20, running.log


@pytest.mark.long
def test_a_log_that_its_broker_cannot_read_blocks(fake):
    file = spec(fake)
    trouble = fake.broker.trouble("fault", key="Fetch", error="CORRUPT_MESSAGE", topic=fake.topic, partitions=[2], count=-1)
    ended = program.run("run", "-f", file, limit=SECONDS)
    assert ended.code == 1 and "SOURCE_BATCH_CORRUPT" in ended.err and "partition 2" in ended.err, str(ended)
    trouble.end()
    run_to_end(file)
    fake.audit()


# --- Clusters of other kinds ---------------------------------------------------------------------------

@pytest.fixture
def cluster_of(nothing_left_behind):
    """Makes a cluster of its own kind."""
    made = []

    def make(*options: str, **more: str) -> FakeCluster:
        made.append(FakeCluster(*options, **more).start())
        return made[-1]
    yield make
    for cluster in made:
        cluster.stop()


def long(*values):
    return [pytest.param(value, marks=pytest.mark.long) for value in values]


@pytest.mark.parametrize("version", ["2.8", *long("3.0", "3.5", "3.9", "4.0")])
def test_it_reads_brokers_of(cluster_of, tmp_path, version):
    world = make_world(cluster_of("-as", version), tmp_path / "world")
    run_to_end(spec(world))
    world.audit()


def test_older_brokers_are_refused(cluster_of, tmp_path):
    world = World(cluster_of("-as", "0.11.0"), "orders", tmp_path / "world")
    ended = run_to_end(spec(world), expect=1, limit=SECONDS)
    assert "KAFKA_TOO_OLD" in ended.err, str(ended)


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", *long("PLAIN", "SCRAM-SHA-256")])
def test_it_logs_in_by(cluster_of, tmp_path, mechanism):
    world = make_world(cluster_of(mechanism=mechanism), tmp_path / "world")
    sasl = {"mechanism": mechanism, "username": USER, "password": {"from_env": "KAFKA_PASSWORD"}}
    file = spec(world, connection=program.connection(world.broker.address, sasl=sasl))
    ended = run_to_end(file, expect=69, limit=SECONDS, KAFKA_PASSWORD="pizza salami")
    assert "refuses the login" in ended.err, str(ended)  # this broker hangs up instead of saying so
    run_to_end(file, KAFKA_PASSWORD=PASSWORD)
    world.audit()
