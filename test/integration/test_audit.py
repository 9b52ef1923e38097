"""`audit` and `where`: what they say of tables that are right, and of tables to which others did something."""
import itertools
import json
import random
import time

import pyarrow.parquet
import pytest

import program
from auditor import Kind
from load import ALL_METADATA, COLUMNS, FIRST_MS, Load, Orders, produce_transaction
from other_writers import compact, expire_all_but_the_head, row_at
from produce import Place, Source
from program import Running, run, run_to_end
from test_other_writers import produce

PARTITIONS = 3


def audit(world, *options: str, expect: int = 0) -> dict:
    ended = run("audit", "stream", world.stream, "-f", world.folder / "stream.yaml", "-o", "json", *options)
    assert ended.code == expect, str(ended)
    report = json.loads(ended.out)
    assert report["clean"] == (expect == 0)
    return report


def where(world, place: Place, expect: int = 0) -> dict:
    ended = run("where", "stream", world.stream, "-f", world.folder / "stream.yaml", "--partition", place[0],
                "--offset", place[1], "-o", "json")
    assert ended.code == expect, str(ended)
    return json.loads(ended.out)


def places(world, kind: Kind) -> list[Place]:
    return [place for place, one in sorted(world.knowledge.messages.items()) if one.kind == kind]


@pytest.fixture
def filled(world):
    """Orders, bad orders and null values in all partitions, then transactions, one of them aborted."""
    world.create_topic(PARTITIONS)
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)
    for partition in range(PARTITIONS):
        produce(world, 60, partition)
    run_to_end(file)
    source = Source(world.broker.address, world.topic, transactional_id=f"{world.topic}-audit")
    for partition, commit in itertools.product(range(PARTITIONS), (True, False)):
        produce_transaction(world.knowledge, source, Orders(seed=100 + partition, bad=0.2, nulls=0.2), 20, partition, commit)
    run_to_end(file)
    world.audit()
    return world


def test_what_was_killed_again_and_again_is_clean(world, seed):
    world.create_topic(PARTITIONS)
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA, interval="100ms")
    draw = random.Random(seed)
    with Load(world.broker.address, world.knowledge, PARTITIONS, seed) as load:
        for _ in range(4):
            with Running(file) as running:
                commits = len(world.lake.commits(world.table, world.stream)) + draw.randrange(1, 4)
                running.wait_for("commits", lambda: len(world.lake.commits(world.table, world.stream)) >= commits)
                running.kill()
        load.stop()
    assert audit(world)["whole"], "also while error rows are pending"
    run_to_end(file)
    world.audit()
    summaries, rows = audit(world), audit(world, "--rows")
    assert not summaries["rows_read"] and rows["rows_read"]
    counted = rows["partitions"]
    for name, kind in (("rows", Kind.ROW), ("errors", Kind.ERROR), ("nulls", Kind.NULL)):
        assert sum(one[name] for one in counted) == len(places(world, kind)) == rows["counts"][name], name
    assert sum(one["absent"] for one in counted) == rows["counts"]["absent"] > 0
    assert all(one["accounted"] == 0 for one in counted), "the topic was asked"


def test_it_is_clean_while_the_stream_runs(world, seed):
    world.create_topic(PARTITIONS)
    with Load(world.broker.address, world.knowledge, PARTITIONS, seed), \
            Running(world.write_spec(COLUMNS, metadata_columns=ALL_METADATA, interval="100ms")) as running:
        for number in range(8):
            before = world.position()
            running.wait_for("a commit", lambda: world.position() != before)
            audit(world, *["--rows"] * (number % 2))
        running.stop()


def test_a_row_that_others_doubled_and_one_that_they_deleted_are_found(filled):
    doubled, deleted = places(filled, Kind.ROW)[7], places(filled, Kind.ROW)[11]
    table = filled.lake.table(filled.table)
    table.append(table.scan(row_filter=row_at(doubled)).to_arrow())
    report = audit(filled, expect=2)
    assert [finding["kind"] for finding in report["findings"]] == ["doubled"]
    assert report["partitions"][doubled[0]]["doubled"] == {"count": 1, "offsets": [doubled[1]]}
    assert where(filled, doubled, expect=2)["state"] == "doubled"

    filled.lake.table(filled.table).delete(row_at(deleted))
    # One too many and one too few: the numbers of rows are right again, the rows are not.
    report = audit(filled, "--rows", expect=2)
    assert [finding["kind"] for finding in report["findings"]] == ["lost", "doubled"]
    assert report["partitions"][deleted[0]]["lost"] == {"count": 1, "offsets": [deleted[1]]}
    assert any("another writer" in note for note in report["notes"])
    assert where(filled, deleted, expect=2)["state"] == "lost"


def test_compaction_and_expiry_stay_clean(filled):
    compact(filled)
    assert audit(filled)["whole"]
    produce(filled)
    run_to_end(filled.folder / "stream.yaml")
    expire_all_but_the_head(filled, filled.table, filled.errors_table)
    for file in (filled.lake.warehouse / "ingest" / "orders" / "metadata").glob("*.metadata.json"):
        if file != filled.lake.metadata_file(filled.table):
            file.unlink()
    report = audit(filled)
    assert not report["whole"] and report["rows_read"] and report["topic_asked"]
    assert any("not covered by summaries" in note for note in report["notes"])


def test_where_knows_every_message(filled):
    states = {Kind.ROW: "row", Kind.ERROR: "error", Kind.NULL: "null", Kind.ABSENT: "absent"}
    commits = [commit.snapshot_id for commit in filled.lake.commits(filled.table, filled.stream)]
    draw = random.Random(1)
    for kind, state in states.items():
        for place in draw.sample(places(filled, kind), 3):
            answer = where(filled, place)
            assert answer["state"] == state, f"{place}: {answer}"
            assert answer["commit"]["snapshot"] in commits
            if kind in (Kind.ROW, Kind.ERROR):
                [found] = answer["places"]
                assert found["table"] == (filled.table if kind == Kind.ROW else filled.errors_table)
                assert row_of(found) == place
            if kind == Kind.ERROR:
                assert found["error_code"] and found["error_message"]
    end = filled.position()[0]
    assert where(filled, (0, end))["state"] == "not read yet"


def test_retention_is_told_before_it_deletes(world):
    """By `where`, and by `run` when it starts."""
    hour = 3_600_000
    age = int(time.time() * 1000) - FIRST_MS + hour
    world.create_topic(retention_ms=str(age))
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)
    produce(world, 5)
    run_to_end(file)
    assert "code" not in where(world, (0, 5))["unread"]
    produce(world, 5)
    unread = where(world, (0, 9))["unread"]
    assert unread["code"] == "RETENTION_NEAR" and hour <= unread["left_ms"] < age / 5, unread
    assert (unread["next"], unread["end"], unread["retention_ms"]) == (5, 10, age)
    ended = run_to_end(file)
    assert "RETENTION_NEAR: topic" in ended.err, str(ended)
    world.audit()


def row_of(found: dict) -> Place:
    """The place of the message in the row that is named, read with Arrow."""
    file = pyarrow.parquet.ParquetFile(found["file"].removeprefix("file://"))
    columns = file.read(["kafka_partition", "kafka_offset"])
    return columns["kafka_partition"][found["row"]].as_py(), columns["kafka_offset"][found["row"]].as_py()


def test_without_the_broker_it_counts_as_recorded(filled):
    file = filled.folder / "stream.yaml"
    file.write_text(file.read_text().replace(filled.broker.address, "127.0.0.1:1"))
    assert not audit(filled)["topic_asked"]
    report = audit(filled, "--rows")
    assert not report["topic_asked"] and any("not asked" in note for note in report["notes"])
    assert where(filled, places(filled, Kind.NULL)[0])["state"] in ("null", "accounted")


def test_what_cannot_be_audited_is_an_error_and_changes_nothing(filled, tmp_path):
    def problem(*arguments) -> str:
        ended = run(*arguments, "-o", "json")
        assert ended.code == 1, str(ended)
        return json.loads(ended.err)["code"]

    file = filled.folder / "stream.yaml"
    before = filled.lake.metadata(filled.table)
    assert problem("where", "stream", "orders", "-f", file, "--partition", 77, "--offset", 0) == "WHERE_PARTITION"
    other = program.write_documents(
        filled.folder, program.connection(filled.broker.address), program.catalog(),
        program.stream("another", COLUMNS, "orders", filled.errors_table), name="other.yaml")
    assert problem("audit", "stream", "orders", "-f", other) == "AUDIT_NO_POSITION"
    nowhere = program.write_documents(tmp_path / "empty", program.connection(filled.broker.address), program.catalog(),
                                      program.stream("another", COLUMNS))
    assert problem("audit", "stream", "orders", "-f", nowhere) == "TABLE_NOT_FOUND"
    assert not (tmp_path / "empty" / "catalog.db").exists()

    [manifest, *_] = filled.lake.table(filled.table).current_snapshot().manifests(filled.lake.table(filled.table).io)
    path = manifest.manifest_path.removeprefix("file://")
    with open(path, "r+b") as damaged:
        damaged.truncate(manifest.manifest_length // 2)
    assert problem("audit", "stream", "orders", "-f", file)
    assert filled.lake.metadata(filled.table) == before
