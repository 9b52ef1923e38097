"""Row ids of format version 3, as Spark reads them: those that the metadata promises, and the same ones for as long as a row lives."""
import io

import fastavro
import pytest

from items import append_items, rows
from lake import path_of

pytestmark = pytest.mark.readers

PARTITIONED = {"format_version": 3, "partition_by": ["bucket(3, id)"],
               "properties": {"commit.manifest.min-count-to-merge": "3"}}


def avro(location: str) -> list[dict]:
    return list(fastavro.reader(io.BytesIO(path_of(location).read_bytes())))


def promised(world) -> dict[str, tuple[int, int]]:
    """By data file, the id of its first row and its sequence number: table specification, "First Row ID Inheritance"."""
    metadata = world.lake.metadata(world.table)
    [head] = [one for one in metadata["snapshots"] if one["snapshot-id"] == metadata["current-snapshot-id"]]
    files = {}
    for manifest in avro(head["manifest-list"]):
        assert manifest["content"] == 0
        inherited = manifest["first_row_id"]
        for entry in avro(manifest["manifest_path"]):
            file, first = entry["data_file"], entry["data_file"]["first_row_id"]
            if first is None:
                first, inherited = inherited, inherited + file["record_count"]
            sequence = manifest["sequence_number"] if entry["sequence_number"] is None else entry["sequence_number"]
            files[file["file_path"]] = first, sequence
    return files


def lineage(world, spark) -> dict[int, tuple[int, int]]:
    """By the item's number, its row's id and the sequence number of its last change."""
    return {row[0]: (row[1], row[2]) for row in
            spark.sql(world.lake, f"SELECT id, _row_id, _last_updated_sequence_number FROM {world.table}").collect()}


def test_row_ids_are_those_that_the_metadata_promises(world, spark):
    """Over commits, of which some merge the manifests of those before, and partitions."""
    for first in range(0, 50, 10):
        append_items(world, *range(first, first + 10), target=PARTITIONED)
    files = promised(world)
    assert len(files) > 10
    placed = spark.sql(world.lake, f"SELECT _file, _pos, _row_id, _last_updated_sequence_number FROM {world.table}").collect()
    for file, position, row_id, sequence in placed:
        assert (row_id, sequence) == (files[file][0] + position, files[file][1])
    ids = {row[2] for row in placed}
    assert len(ids) == 50 and max(ids) < world.lake.metadata(world.table)["next-row-id"]  # a merge leaves some out


def test_rows_keep_their_ids(world, spark):
    """When Spark changes some and puts all into other files, and we go on appending."""
    append_items(world, *range(10), target=PARTITIONED)
    before = lineage(world, spark)
    spark.sql(world.lake, f"UPDATE {world.table} SET name = 'changed' WHERE id < 3")
    append_items(world, *range(10, 20), target=PARTITIONED)
    spark.sql(world.lake, f"CALL system.rewrite_data_files(table => '{world.table}', options => map('rewrite-all', 'true'))")
    next_row_id = world.lake.metadata(world.table)["next-row-id"]
    append_items(world, *range(20, 30), target=PARTITIONED)
    after = lineage(world, spark)
    assert {number: after[number][0] for number in range(10)} == {number: row_id for number, (row_id, _) in before.items()}
    assert all((after[number][1] > before[number][1]) == (number < 3) for number in range(10))
    assert {after[number][0] for number in range(20, 30)} == set(range(next_row_id, next_row_id + 10))
    assert len({row_id for row_id, _ in after.values()}) == 30


def test_trino_inserts_between(world, spark, trino):
    """It reads and inserts; to delete, update or optimize is what it cannot do in version 3."""
    append_items(world, *range(10), target=PARTITIONED)
    trino.sql(world.lake, f"INSERT INTO {world.table} (id, name) VALUES (10, 'theirs'), (11, 'theirs')")
    append_items(world, *range(12, 20), target=PARTITIONED)
    assert [number for number, _ in rows(trino.read(world.lake, world.table), "id", "name")] == list(range(20))
    ids = {number: row_id for number, (row_id, _) in lineage(world, spark).items()}
    assert sorted(ids.values()) == list(range(20)) and {ids[10], ids[11]} == {10, 11}
    for statement in (f"DELETE FROM {world.table} WHERE id = 1", f"UPDATE {world.table} SET name = 'changed'",
                      f"ALTER TABLE {world.table} EXECUTE optimize"):
        with pytest.raises(Exception, match="V3|version > 2"):
            trino.sql(world.lake, statement)
