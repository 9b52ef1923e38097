"""Others write the same tables with PyIceberg: append, compact, expire, roll back, drop; before, between and while we run."""
import pyarrow
import pytest
from pyiceberg.schema import Schema
from pyiceberg.types import IntegerType, LongType, NestedField, StringType, TimestamptzType

import program
from auditor import Expected
from lake import ENGINES
from load import ALL_METADATA, COLUMNS, Load, Orders, produce_orders
from other_writers import append_foreign_rows, compact, expire_all_but_the_head, roll_back, until_it_lands
from produce import Source
from program import Running, run_to_end
from waiting import wait_for


def produce(world, count: int = 50, partition: int = 0) -> None:
    orders = Orders(seed=len(world.knowledge.messages))
    produce_orders(world.knowledge, Source(world.broker.address, world.topic), orders, count, partition)


def test_appends_in_between_are_kept(world):
    world.create_topic()
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)
    for _ in range(3):
        produce(world)
        run_to_end(file)
        append_foreign_rows(world)
    produce(world)
    run_to_end(file)
    for engine in ENGINES:
        world.audit(foreign_rows=9, engine=engine)


def test_a_compaction_in_between(world):
    world.create_topic(partitions=2)
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)
    for partition in (0, 1, 0):
        produce(world, partition=partition)
        run_to_end(file)
    compact(world)
    produce(world)
    run_to_end(file)
    for engine in ENGINES:
        world.audit(engine=engine)


def test_an_expiry_in_between(world):
    """Of both tables: the positions are in what is left."""
    world.create_topic()
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)
    for _ in range(3):
        produce(world)
        run_to_end(file)
    expire_all_but_the_head(world, world.table, world.errors_table)
    produce(world)
    run_to_end(file)
    world.audit(history=False)


def every_snapshot_of_ours_expired(world, file) -> None:
    """A foreign head, and everything below it expired."""
    produce(world)
    run_to_end(file)
    append_foreign_rows(world)
    expire_all_but_the_head(world, world.table, world.errors_table)
    assert world.position() == {}


def test_an_expiry_that_takes_every_snapshot_of_ours(world):
    """The property still has the position, older metadata proves it."""
    world.create_topic()
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)
    every_snapshot_of_ours_expired(world, file)
    produce(world)
    run_to_end(file)
    world.audit(foreign_rows=3, history=False)


def test_a_position_that_cannot_be_proven_stops_the_stream(world):
    """PyIceberg leaves no parent in the head that survives; with older metadata gone, nothing says what was before."""
    world.create_topic()
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)
    every_snapshot_of_ours_expired(world, file)
    current = world.lake.metadata_file(world.table)
    for older in set(current.parent.glob("*.metadata.json")) - {current}:
        older.unlink()
    produce(world)
    assert "POSITION_" in run_to_end(file, expect=1).err
    assert world.lake.metadata_file(world.table) == current


def test_appends_compactions_and_expiries_while_running(world, seed):
    world.create_topic(partitions=3)
    with Load(world.broker.address, world.knowledge, 3, seed, piece=60, pause=0.3) as load, \
            Running(world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)) as running:
        def commits() -> int:
            return len(world.lake.commits(world.table, world.stream))
        for _ in range(3):
            running.wait_for("further commits", lambda before=commits(): commits() > before + 1)
            append_foreign_rows(world)
            compact(world)
        assert running.code is None, running.log
        # One snapshot in two of those that nobody needs as parent to be found.
        old = world.lake.commits(world.table, world.stream)[1:-3:2]
        ids = [one.snapshot_id for one in old]
        until_it_lands(lambda: world.lake.table(world.table).maintenance.expire_snapshots().by_ids(ids).commit())
        running.wait_for("further commits", lambda before=commits(): commits() > before + 1)
        load.stop()
        world.wait_until_caught_up(running)
        running.stop()
    world.audit(foreign_rows=9, history=False)


# --- Rollback --------------------------------------------------------------------------------------

def commits_with_errors(world, file) -> list:
    for _ in range(4):
        produce(world)
        run_to_end(file)
    assert world.lake.read(world.errors_table)
    return world.lake.commits(world.table, world.stream)


def test_a_rollback_while_stopped_is_replayed_without_doubling_errors(world):
    world.create_topic()
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)
    commits = commits_with_errors(world, file)
    roll_back(world, world.table, commits[2].snapshot_id)
    produce(world)
    run_to_end(file)
    for engine in ENGINES:
        world.audit(engine=engine)
    assert any(commit.fence for commit in world.lake.commits(world.table, world.stream))
    produce(world)
    run_to_end(file)
    world.audit()


def test_a_rollback_while_running_is_replayed_without_doubling_errors(world):
    world.create_topic()
    with Running(world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)) as running:
        for _ in range(4):
            produce(world)
            world.wait_until_caught_up(running)
        commits = world.lake.commits(world.table, world.stream)
        roll_back(world, world.table, commits[-3].snapshot_id)
        produce(world)
        world.wait_until_caught_up(running)
        running.stop()
    world.audit()


def test_two_rollbacks_and_a_kill_in_the_replay(world):
    world.create_topic()
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)
    commits = commits_with_errors(world, file)
    roll_back(world, world.table, commits[3].snapshot_id)
    with Running(file) as running:
        running.wait_for("the fence", lambda: any(c.fence for c in world.lake.commits(world.table, world.stream)))
        running.kill()
    roll_back(world, world.table, commits[1].snapshot_id)
    produce(world)
    run_to_end(file)
    world.audit()


def test_an_errors_table_that_was_rolled_back_stops_the_stream(world):
    world.create_topic()
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)
    commits_with_errors(world, file)
    snapshots = world.lake.table(world.errors_table).metadata.snapshots
    roll_back(world, world.errors_table, snapshots[-2].snapshot_id)
    produce(world)
    assert "FOLLOWER_ROLLED_BACK" in run_to_end(file, expect=1).err


# --- Loud stops ------------------------------------------------------------------------------------

def test_a_dropped_and_recreated_table_is_not_filled_again_while_running(world):
    """The new table has no position of the stream that runs; a person must say what is wanted."""
    world.create_topic()
    with Running(world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)) as running:
        produce(world)
        world.wait_until_caught_up(running)
        schema = world.lake.table(world.table).schema()
        catalog = world.lake.catalog()
        catalog.drop_table(world.table)
        catalog.create_table(world.table, schema=schema, location=f"file://{world.folder}/elsewhere")
        produce(world)
        assert running.wait_for_end() == 1
        assert "TABLE_REPLACED" in running.log
    assert world.position() == {}


def test_a_removed_property_stops_the_stream(world):
    world.create_topic()
    file = world.write_spec(COLUMNS)
    produce(world)
    run_to_end(file)
    with world.lake.table(world.table).transaction() as transaction:
        transaction.remove_properties("frazil.position.orders")
    assert "POSITION_PROPERTY_MISSING" in run_to_end(file, expect=1).err


def test_a_renamed_stream_does_not_start_over(world):
    world.create_topic()
    produce(world)
    run_to_end(world.write_spec(COLUMNS))
    world.stream = "renamed"
    assert "POSITION_OTHER_STREAM" in run_to_end(world.write_spec(COLUMNS), expect=1).err


def test_a_topic_that_was_deleted_and_made_again_stops_the_stream(world):
    world.create_topic()
    file = world.write_spec(COLUMNS)
    produce(world, 60)
    run_to_end(file)
    position = world.position()
    world.broker.delete_topic(world.topic)
    wait_for("the name is free again", lambda: can_create(world), pause=0.5)
    world.knowledge.messages.clear()
    produce(world, 10)
    ended = run_to_end(file, expect=1)
    assert ("POSITION_BEYOND_END" if program.CLIENT == "librdkafka" else "TOPIC_RECREATED") in ended.err
    assert world.position() == position


def test_a_topic_made_again_is_seen_though_its_offsets_go_on(world):
    """While running and at the next start: it holds more messages than were read of the old one."""
    if program.CLIENT == "librdkafka":
        return  # it knows no topic ids, and takes the new messages for the old ones' successors
    world.create_topic()
    file = world.write_spec(COLUMNS)
    produce(world, 20)
    with Running(file) as running:
        world.wait_until_caught_up(running)
        world.broker.delete_topic(world.topic)
        wait_for("the name is free again", lambda: can_create(world), pause=0.5)
        world.knowledge.messages.clear()
        produce(world, 60)
        assert running.wait_for_end() == 1
        assert "TOPIC_RECREATED" in running.log
    assert "TOPIC_RECREATED" in run_to_end(file, expect=1).err
    assert world.position() == {0: 20}


def can_create(world) -> bool:
    try:
        world.create_topic()
        return True
    except Exception as error:  # the broker still deletes
        assert "TOPIC_ALREADY_EXISTS" in str(error), error
        return False


def test_messages_that_expired_before_they_were_read_stop_the_stream(world):
    world.create_topic()
    file = world.write_spec(COLUMNS)
    produce(world)
    run_to_end(file)
    produce(world, 50)
    world.broker.delete_records(world.topic, {0: 70})
    ended = run_to_end(file, expect=1)
    assert "OFFSETS_EXPIRED" in ended.err and "70" in ended.err


# --- Tables that were there first ------------------------------------------------------------------

def create_table(world, *fields: NestedField, **properties: str) -> None:
    world.folder.mkdir(parents=True, exist_ok=True)
    catalog = world.lake.catalog()
    catalog.create_namespace("ingest")
    catalog.create_table(world.table, schema=Schema(*fields), properties=properties)


def test_a_table_made_by_pyiceberg_is_appended_to(world):
    """In its own order of columns, with a column more, its own properties, and rows of its own."""
    world.create_topic()
    create_table(world, NestedField(1, "kafka_offset", LongType()), NestedField(2, "note", StringType()),
                 NestedField(3, "status", StringType()), NestedField(4, "kafka_partition", IntegerType()),
                 NestedField(5, "store_id", IntegerType(), required=True), NestedField(6, "at", TimestamptzType()),
                 owner="somebody")
    table = world.lake.table(world.table)
    table.append(pyarrow.Table.from_pylist([{"store_id": 1, "note": "mine"}], schema=table.schema().as_arrow()))
    source = Source(world.broker.address, world.topic)
    produce_orders(world.knowledge, source, Orders(seed=1, bad=0, nulls=0), 50)
    columns = [column for column in COLUMNS if column["name"] in ("status", "store_id")]
    for place, one in world.knowledge.messages.items():
        row = {name: one.row[name] for name in ("status", "store_id")} | {"note": None, "at": None}
        world.knowledge.messages[place] = Expected(one.message, one.kind, row)
    run_to_end(world.write_spec(columns, metadata_columns=["partition", "offset"]))
    after = world.lake.table(world.table)
    assert (after.schema(), after.properties["owner"]) == (table.schema(), "somebody")
    for engine in ENGINES:
        world.audit(foreign_rows=1, engine=engine)


@pytest.mark.parametrize("fields,differences", [
    ([NestedField(1, "store_id", LongType()), NestedField(2, "status", IntegerType())],
     ["store_id", "long", "status", "int", "ordered_at"]),
    ([NestedField(1, "must_be_there", StringType(), required=True)], ["must_be_there", "required"]),
], ids=["types", "required"])
def test_a_table_that_does_not_fit_is_refused_with_the_differences(world, fields, differences):
    world.create_topic()
    create_table(world, *fields)
    produce(world, 5)
    ended = run_to_end(world.write_spec(COLUMNS), expect=1)
    assert "TABLE_INCOMPATIBLE" in ended.err
    assert [word for word in differences if word not in ended.err] == []
    assert world.lake.table(world.table).current_snapshot() is None


def test_a_missing_table_is_not_created_when_that_is_not_wanted(world):
    world.create_topic()
    ended = run_to_end(world.write_spec(COLUMNS, target={"create": False}), expect=1)
    assert "TABLE_NOT_FOUND" in ended.err and world.table in ended.err
