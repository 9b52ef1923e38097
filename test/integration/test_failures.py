"""What goes wrong around a stream: brokers away, disks full, topics missing; exit codes, and going on by itself."""
import socket

import pytest

import program
from auditor import Knowledge
from load import ALL_METADATA, COLUMNS, Load, Orders, produce_orders
from produce import Source
from program import Running, run, run_to_end
from tight_disk import MIB, FileSizeLimit, tight_disk
from waiting import LIMIT


def nobody_listens() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def test_an_unreachable_broker_ends_the_start_with_69(world):
    """And does so before a person gives up waiting, not after minutes of silent retries."""
    address = nobody_listens()
    file = world.write_spec(COLUMNS, connection=program.connection(address))
    for arguments in (["--until-end"], []):
        ended = run("run", "-f", file, *arguments, limit=LIMIT / 2)
        assert ended.code == 69, str(ended)
        assert address in ended.err and "KAFKA_UNREACHABLE" in ended.err


def test_a_broker_that_never_answers_ends_the_start_with_69(world):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        ended = run_to_end(world.write_spec(COLUMNS, connection=program.connection(address)), expect=69)
    assert address in ended.err


def test_a_missing_topic_ends_with_1(world):
    ended = run_to_end(world.write_spec(COLUMNS), expect=1)
    assert "TOPIC_MISSING" in ended.err and world.topic in ended.err
    assert world.position() == {}


def test_a_catalog_that_cannot_be_opened_is_said(world):
    world.create_topic()
    file = world.write_spec(COLUMNS)
    (world.folder / "catalog.db").write_bytes(b"this is no database, but long enough to be taken for one" * 50)
    ended = run("run", "-f", file, "--until-end")
    assert ended.code in (1, 69, 77), str(ended)
    assert "catalog.db" in ended.err


def test_a_broker_that_restarts_is_waited_for(world, own_broker, seed):
    """RETRYING, said in the log, and on again by itself; twice, once after a crash of the broker."""
    world.broker = own_broker
    world.create_topic(partitions=2)
    with Running(world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)) as running:
        for end in (own_broker.stop, own_broker.kill):
            produce_orders(world.knowledge, Source(own_broker.address, world.topic), Orders(seed), 200, 0)
            world.wait_until_caught_up(running)
            said = running.log.count("RETRYING")
            end()
            running.wait_for("it says that it is retrying", lambda: running.log.count("RETRYING") > said)
            own_broker.start()
            produce_orders(world.knowledge, Source(own_broker.address, world.topic), Orders(seed), 200, 1)
            world.wait_until_caught_up(running)
        running.stop()
    world.audit()


@pytest.mark.long
def test_a_broker_that_restarts_under_load(world, own_broker, seed):
    world.broker = own_broker
    world.create_topic(partitions=2)
    with Running(world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)) as running:
        with Load(own_broker.address, world.knowledge, 2, seed):
            running.wait_for("commits", lambda: len(world.lake.commits(world.table, world.stream)) > 3)
            own_broker.stop()
            own_broker.start()
            before = len(world.lake.commits(world.table, world.stream))
            running.wait_for("further commits",
                             lambda: len(world.lake.commits(world.table, world.stream)) > before + 3)
        world.wait_until_caught_up(running)
        running.stop()
    world.audit()


@pytest.fixture(params=["file-system", "file-size"])
def disk(request, tmp_path):
    folder = tmp_path / "disk"
    if request.param == "file-size":
        folder.mkdir()
        yield FileSizeLimit(folder)
        return
    with tight_disk(folder, 32 * MIB) as disk:
        yield disk


def test_a_full_disk_loses_nothing_and_is_waited_out(world, disk):
    """Full in the middle of the work: said, nothing lost; with room again it goes on by itself."""
    world.folder = disk.folder / "world"
    world.__post_init__()
    world.create_topic()
    source = Source(world.broker.address, world.topic)
    produce_orders(world.knowledge, source, Orders(seed=1), 500)
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)
    with Running(file, prepare=disk.prepare, log_folder=disk.folder.parent) as running:
        world.wait_until_caught_up(running)
        disk.fill(running.pid)
        before = world.position()
        # Each more bytes than there is room, and they do not compress to less.
        produce_orders(world.knowledge, source, Orders(seed=2, bad=0, nulls=0, pad=4 * disk.room), 20)
        running.wait_for_log(disk.told)
        assert (world.position(), running.code) == (before, None)
        disk.make_room(running.pid)
        world.wait_until_caught_up(running)
        running.stop()
    world.audit()


# --- Several streams in a file -----------------------------------------------------------------------

def several(world, *streams: dict, connections: list[dict] | None = None):
    return program.write_documents(world.folder, *(connections or [program.connection(world.broker.address)]),
                                   program.catalog(), *streams)


def test_one_failing_stream_does_not_stop_the_others(world):
    world.create_topic(partitions=2)
    produce_orders(world.knowledge, Source(world.broker.address, world.topic), Orders(1), 100)
    good = [program.stream(world.topic, COLUMNS, name, f"ingest.{name}", ALL_METADATA) for name in ("first", "last")]
    missing = program.stream(f"{world.topic}-missing", COLUMNS, "missing", "ingest.missing")
    ended = run_to_end(several(world, good[0], missing, good[1]), expect=1)
    assert "TOPIC_MISSING" in ended.err and "missing" in ended.err
    for world.stream in ("first", "last"):
        world.table = f"ingest.{world.stream}"
        world.audit()


def test_the_worst_exit_code_is_the_file_s(world):
    world.create_topic()
    good = program.stream(world.topic, COLUMNS, "good", "ingest.good")
    away = program.stream(world.topic, COLUMNS, "away", "ingest.away", connection="away")
    connections = [program.connection(world.broker.address), program.connection(nobody_listens(), "away")]
    run_to_end(several(world, good, away, connections=connections), expect=69)


def test_only_the_streams_that_are_named_run(world):
    world.create_topic()
    produce_orders(world.knowledge, Source(world.broker.address, world.topic), Orders(1), 10)
    streams = [program.stream(world.topic, COLUMNS, name, f"ingest.{name}") for name in ("one", "two", "three")]
    run_to_end(several(world, *streams), "one", "three")
    assert [bool(world.lake.metadata(f"ingest.{name}")) for name in ("one", "two", "three")] == [True, False, True]


def test_several_streams_run_side_by_side_and_stop_together(world):
    """Two topics, three streams, one process; each table is right."""
    other = world.topic + "-other"
    world.create_topic(partitions=2)
    world.broker.create_topic(other)
    theirs = Knowledge(other)
    topics = {"a": world.topic, "b": other, "c": world.topic}
    streams = [program.stream(topic, COLUMNS, name, f"ingest.{name}", ALL_METADATA) for name, topic in topics.items()]
    mine = world.knowledge
    with Running(several(world, *streams)) as running:
        for number in range(3):
            produce_orders(mine, Source(world.broker.address, world.topic), Orders(number), 50, number % 2)
            produce_orders(theirs, Source(world.broker.address, other), Orders(number), 50)
        worlds = {}
        for name, topic in topics.items():
            world.stream, world.table, world.topic = name, f"ingest.{name}", topic
            world.wait_until_caught_up(running)
            worlds[name] = (topic, mine if topic != other else theirs)
        running.stop()
    for name, (world.topic, world.knowledge) in worlds.items():
        world.stream, world.table = name, f"ingest.{name}"
        world.audit()
