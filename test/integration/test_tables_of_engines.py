"""Tables that Spark and Trino made and changed, with what we append to them, are read back by them and by DuckDB."""
import pyarrow
import pyarrow.parquet
import pytest

from items import append_items, item, rows

pytestmark = pytest.mark.readers


def rows_by(world, maker) -> list[tuple]:
    """As the engine that made the table reads them; DuckDB, which knows every kind of delete file, agrees."""
    read, other = [rows(read, "id", "name", "total", "note") for read in
                   (maker.read(world.lake, world.table), world.lake.read(world.table, "duckdb"))]
    assert read == other
    return read


def new_rows(*numbers: int) -> list[tuple]:
    return [(number, item(number)["name"], item(number)["total"], None) for number in numbers]


def old_rows(*numbers: int) -> list[tuple]:
    return [(number, None, number + 0.5, "mine") for number in numbers]


# The columns' ids are not dense. Its partitioning was changed twice, and what is there last still partitions.
SPARK_TABLE = """
CREATE NAMESPACE ingest;
CREATE TABLE ingest.orders (first STRING, id INT NOT NULL, name STRING, amount FLOAT,
                            old_place STRUCT<floor: INT, gone: STRING>, note STRING) USING iceberg
  TBLPROPERTIES ('format-version' = '{version}', 'write.delete.mode' = 'merge-on-read', 'write.update.mode' = 'merge-on-read',
                 'write.metadata.compression-codec' = 'gzip');
CALL system.add_files(table => 'ingest.orders', source_table => '`parquet`.`{folder}`');
ALTER TABLE ingest.orders ADD PARTITION FIELD note;
INSERT INTO ingest.orders VALUES ('x', 1, 'gone', 1.5, NULL, 'mine'), ('x', 2, 'gone', 2.5, NULL, 'mine'),
                                 ('x', 3, 'gone', 3.5, NULL, 'mine'), ('x', 4, 'gone', 4.5, NULL, 'mine');
ALTER TABLE ingest.orders CREATE TAG before;
ALTER TABLE ingest.orders CREATE BRANCH audit;
ALTER TABLE ingest.orders REPLACE PARTITION FIELD note WITH bucket(8, id) AS shard;
ALTER TABLE ingest.orders DROP COLUMNS (first, name, old_place.gone);
ALTER TABLE ingest.orders ADD COLUMN name STRING FIRST;
ALTER TABLE ingest.orders ADD COLUMN old_place.street STRING;
ALTER TABLE ingest.orders RENAME COLUMN amount TO total;
ALTER TABLE ingest.orders RENAME COLUMN old_place TO place;
ALTER TABLE ingest.orders ALTER COLUMN id TYPE BIGINT;
ALTER TABLE ingest.orders ALTER COLUMN total TYPE DOUBLE;
ALTER TABLE ingest.orders ALTER COLUMN id AFTER note;
ALTER TABLE ingest.orders ADD PARTITION FIELD truncate(5, name);
DELETE FROM ingest.orders WHERE id = 2
"""


def write_without_ids(folder) -> None:
    """A file of another program's, which the table's name mapping gives its ids."""
    folder.mkdir(parents=True)
    table = pyarrow.table({"id": pyarrow.array([0], pyarrow.int32()), "amount": pyarrow.array([0.5], pyarrow.float32()),
                           "note": ["mine"]})
    pyarrow.parquet.write_table(table, folder / "without-ids.parquet")


def delete_by_equality(world, spark, id_: int) -> None:
    """No statement of these engines writes such a delete file, so it is written here and committed by Iceberg's Java."""
    session = spark.sql(world.lake, "SELECT 1").sparkSession
    java = session._jvm
    table = java.org.apache.iceberg.spark.Spark3Util.loadIcebergTable(session._jsparkSession, f"{world.lake.name}.{world.table}")
    field = table.schema().findField("id").fieldId()
    file = world.folder / "equality-deletes.parquet"
    pyarrow.parquet.write_table(pyarrow.table([pyarrow.array([id_], pyarrow.int64())], schema=pyarrow.schema(
        [pyarrow.field("id", pyarrow.int64(), nullable=False, metadata={"PARQUET:field_id": str(field)})])), file)
    fields = session.sparkContext._gateway.new_array(java.int, 1)
    fields[0] = field
    unpartitioned = table.specs().get(0)
    deletes = java.org.apache.iceberg.FileMetadata.deleteFileBuilder(unpartitioned).ofEqualityDeletes(fields) \
        .withPath(f"file://{file}").withFormat("parquet").withFileSizeInBytes(file.stat().st_size).withRecordCount(1).build()
    table.newRowDelta().addDeletes(deletes).commit()


@pytest.mark.parametrize("version", [2, 3])
def test_a_table_made_by_spark(world, spark, version):
    """With delete files of both kinds (in version 3, deletion vectors), which do not hold for what we append."""
    write_without_ids(world.folder / "others")
    for statement in SPARK_TABLE.format(version=version, folder=world.folder / "others").split(";"):
        spark.sql(world.lake, statement)
    delete_by_equality(world, spark, 3)
    before = world.lake.metadata(world.table)
    assert world.lake.metadata_file(world.table).name.endswith(".gz.metadata.json")
    append_items(world, 5, 3, 2)
    assert rows_by(world, spark) == old_rows(0, 1) + new_rows(2, 3) + old_rows(4) + new_rows(5)
    assert rows(spark.read(world.lake, world.table), "id", "place")[-1] == (5, item(5)["place"])
    after = world.lake.metadata(world.table)
    for kept in ("schemas", "current-schema-id", "partition-specs", "default-spec-id", "last-column-id"):
        assert after[kept] == before[kept]
    assert after["properties"]["schema.name-mapping.default"] == before["properties"]["schema.name-mapping.default"]
    assert {name: after["refs"][name] for name in ("audit", "before")} == \
        {name: before["refs"][name] for name in ("audit", "before")}
    kinds = spark.sql(world.lake, f"SELECT content, file_format FROM {world.table}.delete_files ORDER BY content").collect()
    assert [tuple(kind) for kind in kinds] == [(1, "PUFFIN" if version == 3 else "PARQUET"), (2, "PARQUET")]
    spark.sql(world.lake, "DELETE FROM ingest.orders WHERE id IN (4, 5)")
    spark.sql(world.lake, "UPDATE ingest.orders SET note = 'changed' WHERE id = 3")
    append_items(world, 6)
    changed = [(*row[:3], "changed") for row in new_rows(3)]
    assert rows_by(world, spark) == old_rows(0, 1) + new_rows(2) + changed + new_rows(6)
    placed = spark.sql(world.lake, "SELECT spec_id, partition.name_trunc_5 FROM ingest.orders.files "
                                   "WHERE content = 0 AND partition.shard IS NOT NULL").collect()
    assert {tuple(row) for row in placed} == {(before["default-spec-id"], "item ")}


TRINO_TABLE = """
CREATE TABLE ingest.orders (first varchar, id integer NOT NULL, name varchar, amount real, note varchar)
  WITH (partitioning = ARRAY['note']);
INSERT INTO ingest.orders VALUES ('x', 1, 'gone', REAL '1.5', 'mine'), ('x', 2, 'gone', REAL '2.5', 'mine');
DELETE FROM ingest.orders WHERE id = 2;
ALTER TABLE ingest.orders DROP COLUMN first;
ALTER TABLE ingest.orders DROP COLUMN name;
ALTER TABLE ingest.orders ADD COLUMN name varchar;
ALTER TABLE ingest.orders RENAME COLUMN amount TO total;
ALTER TABLE ingest.orders ALTER COLUMN id SET DATA TYPE bigint;
ALTER TABLE ingest.orders ALTER COLUMN total SET DATA TYPE double;
ALTER TABLE ingest.orders ADD COLUMN place ROW(street varchar, floor integer);
ALTER TABLE ingest.orders SET PROPERTIES partitioning = ARRAY['bucket(name, 4)']
"""


def test_a_table_made_by_trino(world, trino):
    """Delete files of positions, and an update and a deletion that make some of files of ours.

    They ask for names: Trino 476 compares the bounds of files from before a column was widened with the new type, and fails.
    """
    world.folder.mkdir(parents=True)
    world.lake.catalog().create_namespace("ingest")  # Trino makes no tables of the catalog
    for statement in TRINO_TABLE.split(";"):
        trino.sql(world.lake, statement)
    append_items(world, 2, 3, 4)
    assert rows_by(world, trino) == old_rows(1) + new_rows(2, 3, 4)
    assert rows(trino.read(world.lake, world.table), "id", "place")[-1] == (4, item(4)["place"])
    trino.sql(world.lake, "UPDATE ingest.orders SET note = 'changed' WHERE name = 'item 3'")
    trino.sql(world.lake, "DELETE FROM ingest.orders WHERE name = 'item 4'")
    append_items(world, 5)
    changed = [(*row[:3], "changed") for row in new_rows(3)]
    assert rows_by(world, trino) == old_rows(1) + new_rows(2) + changed + new_rows(5)
    partitions = trino.sql(world.lake, 'SELECT partition.name_bucket AS bucket FROM ingest."orders$partitions"')
    assert [row["bucket"] for row in partitions].count(None) == 1  # of the old rows
