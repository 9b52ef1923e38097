"""`accept`: a stream that has stopped goes on by a recorded decision, and `audit` knows of it."""
import json

from auditor import Kind
from load import COLUMNS
from other_writers import roll_back
from program import run, run_to_end
from test_audit import audit
from test_other_writers import can_create, produce
from waiting import wait_for


def accept(world, code: str, *options: str, expect: int = 0) -> dict:
    ended = run("accept", "stream", world.stream, code, "-f", world.folder / "stream.yaml", "-o", "json", *options)
    assert ended.code == expect, str(ended)
    return json.loads(ended.out if expect == 0 else ended.err)


def offsets(world, table: str) -> list[tuple[int, int]]:
    return sorted((row["kafka_partition"], row["kafka_offset"]) for row in world.lake.read(table))


def of_kind(world, kind: Kind, partition: int, first: int, end: int) -> list[tuple[int, int]]:
    return [place for place, one in sorted(world.knowledge.messages.items())
            if one.kind == kind and place[0] == partition and first <= place[1] < end]


def test_messages_that_expired_are_passed_over(world):
    world.create_topic(2)
    file = world.write_spec(COLUMNS)
    produce(world, 40)
    run_to_end(file)
    produce(world, 60)
    produce(world, 20, partition=1)
    world.broker.delete_records(world.topic, {0: 70})
    assert "OFFSETS_EXPIRED" in run_to_end(file, expect=1).err
    assert accept(world, "POSITION_TRACES", "--start", "earliest", expect=1)["code"] == "ACCEPT_OTHER_STOP"
    position = world.position()
    assert accept(world, "OFFSETS_EXPIRED", "--dry-run")["passed_over"] == [{"partition": 0, "first": 40, "next": 70}]
    assert world.position() == position
    accept(world, "OFFSETS_EXPIRED")
    run_to_end(file)
    for table, kind in ((world.table, Kind.ROW), (world.errors_table, Kind.ERROR)):
        assert offsets(world, table) == (of_kind(world, kind, 0, 0, 40) + of_kind(world, kind, 0, 70, 100)
                                         + of_kind(world, kind, 1, 0, 20))
    for options in ((), ("--rows",)):
        report = audit(world, *options)
        assert [stop["code"] for stop in report["accepted"]] == ["OFFSETS_EXPIRED"]
    assert report["partitions"][0]["accepted"]["count"] == 30
    assert accept(world, "OFFSETS_EXPIRED", expect=1)["code"] == "ACCEPT_NOT_STOPPED"


def test_a_topic_made_again_is_read_from_its_beginning(world):
    world.create_topic()
    file = world.write_spec(COLUMNS)
    produce(world, 60)
    run_to_end(file)
    before = offsets(world, world.table)
    world.broker.delete_topic(world.topic)
    wait_for("the name is free again", lambda: can_create(world), pause=0.5)
    world.knowledge.messages.clear()
    produce(world, 10)
    code = json.loads(run("run", "-f", file, "--until-end", "-o", "json").err.splitlines()[-1])["code"]
    assert code in ("POSITION_BEYOND_END", "TOPIC_RECREATED")
    assert accept(world, code, expect=64)["code"] == "USAGE_ACCEPT"  # where to begin is not said
    accept(world, code, "--start", "earliest")
    run_to_end(file)
    assert offsets(world, world.table) == sorted(before + of_kind(world, Kind.ROW, 0, 0, 10))
    produce(world, 60)
    run_to_end(file)
    report = audit(world, "--rows")
    assert report["partitions"][0]["again"] > 0 and report["accepted"][0]["code"] == code


def test_a_renamed_stream_takes_its_tables_over(world):
    world.create_topic()
    produce(world)
    run_to_end(world.write_spec(COLUMNS))
    world.stream = "renamed"
    file = world.write_spec(COLUMNS)
    accept(world, "POSITION_OTHER_STREAM")
    produce(world)
    run_to_end(file)
    world.audit(history=False)
    assert audit(world, "--rows")["whole"]


def test_an_errors_table_that_was_rolled_back_is_taken_as_it_is(world):
    world.create_topic()
    file = world.write_spec(COLUMNS)
    for _ in range(2):
        produce(world, 60)
        run_to_end(file)
    snapshots = world.lake.table(world.errors_table).metadata.snapshots
    lost = offsets(world, world.errors_table)
    roll_back(world, world.errors_table, snapshots[-2].snapshot_id)
    kept = offsets(world, world.errors_table)
    produce(world, 60)
    assert "FOLLOWER_ROLLED_BACK" in run_to_end(file, expect=1).err
    accept(world, "FOLLOWER_ROLLED_BACK")
    run_to_end(file)
    assert offsets(world, world.errors_table) == kept + of_kind(world, Kind.ERROR, 0, 120, 180)
    assert audit(world)["partitions"][0]["accepted"]["count"] == len(lost) - len(kept) > 0
