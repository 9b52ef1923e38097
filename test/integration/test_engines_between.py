"""Tables that Spark and Trino made and go on working on between our commits: no row is lost or doubled, and all engines read them."""
import pytest

from items import COLUMNS, append_items, item, rows
from readers import DuckDB, PyIceberg
from test_audit import audit

pytestmark = pytest.mark.readers

SPARK_TABLE = """
CREATE TABLE ingest.orders (id BIGINT NOT NULL, name STRING, kafka_partition INT, kafka_offset BIGINT) USING iceberg
  PARTITIONED BY (bucket(4, id)) TBLPROPERTIES ('format-version' = '{version}', 'write.delete.mode' = 'merge-on-read')
"""
SPARK_INSERT = "INSERT INTO ingest.orders VALUES (-1, 'theirs', NULL, NULL), (-2, 'theirs', NULL, NULL), (-3, 'theirs', NULL, NULL)"
SPARK_WORK = [
    "DELETE FROM ingest.orders WHERE id = -1",
    "ALTER TABLE ingest.orders CREATE TAG kept",
    "ALTER TABLE ingest.orders ADD PARTITION FIELD truncate(6, name)",
    "CALL system.rewrite_data_files(table => 'ingest.orders', options => map('rewrite-all', 'true'))",
    "DELETE FROM ingest.orders WHERE id = -2",
    "CALL system.rewrite_manifests('ingest.orders')",
    "CALL system.expire_snapshots(table => 'ingest.orders', older_than => TIMESTAMP '2999-01-01 00:00:00', retain_last => 1)",
]
TRINO_WORK = [
    "INSERT INTO ingest.orders VALUES (-1, 'theirs', NULL, NULL), (-2, 'theirs', NULL, NULL), (-3, 'theirs', NULL, NULL)",
    "DELETE FROM ingest.orders WHERE id = -1",
    "ALTER TABLE ingest.orders SET PROPERTIES partitioning = ARRAY['bucket(id, 4)', 'truncate(name, 6)']",
    "ALTER TABLE ingest.orders EXECUTE optimize",
    "DELETE FROM ingest.orders WHERE id = -2",
    "ALTER TABLE ingest.orders EXECUTE optimize_manifests",
    "ALTER TABLE ingest.orders EXECUTE expire_snapshots(retention_threshold => '0s')",
]

# By the table's maker: the engine, what it does first, and what it does between our commits.
MAKERS = {
    "spark-v1-upgraded": ("spark", [SPARK_TABLE.format(version=1), SPARK_INSERT,
                                    "ALTER TABLE ingest.orders SET TBLPROPERTIES ('format-version' = '2')"], SPARK_WORK),
    "spark-v2": ("spark", [SPARK_TABLE.format(version=2), SPARK_INSERT], SPARK_WORK),
    "spark-v3": ("spark", [SPARK_TABLE.format(version=3), SPARK_INSERT], SPARK_WORK),
    "trino-v2": ("trino", ["CREATE TABLE ingest.orders (id bigint NOT NULL, name varchar, kafka_partition integer, "
                           "kafka_offset bigint) WITH (partitioning = ARRAY['bucket(id, 4)'])"], TRINO_WORK),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_nothing_is_lost_or_doubled(world, spark, trino, maker):
    engine, statements, work = MAKERS[maker]
    engine = {"spark": spark, "trino": trino}[engine]
    world.folder.mkdir(parents=True)
    world.lake.catalog().create_namespace("ingest")
    for statement in statements:
        engine.sql(world.lake, statement)
    for number, statement in enumerate(work):
        append_items(world, 2 * number, 2 * number + 1, columns=COLUMNS[:2], metadata_columns=("partition", "offset"))
        engine.sql(world.lake, statement)
    last = 2 * len(work)
    append_items(world, last, columns=COLUMNS[:2], metadata_columns=("partition", "offset"))
    assert len(world.lake.metadata(world.table)["snapshots"]) <= 3  # the others were expired
    wanted = [(-3, "theirs", None, None), *((number, item(number)["name"], 0, number) for number in range(last + 1))]
    for reader in (PyIceberg(), DuckDB(), spark, trino):
        if maker == "spark-v3" and reader is trino:  # it reads no deletion vectors
            continue
        read = rows(reader.read(world.lake, world.table), "id", "name", "kafka_partition", "kafka_offset")
        assert read == wanted, type(reader).__name__
    if maker != "spark-v3":  # nor does the audit
        audit(world, "--rows")
