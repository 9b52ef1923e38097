"""Tables that PyIceberg made and changed, with what we append to them."""
import pyarrow
import pyarrow.parquet
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import DoubleType, FloatType, IntegerType, LongType, NestedField, StringType, StructType

from items import COLUMNS, append_items, item, rows
from lake import ENGINES


def test_a_table_whose_schema_has_changed_in_every_way(world):
    """Ids with gaps, in an order of their own; columns dropped, added again, renamed, widened, moved; a file without ids."""
    table = evolved_table(world)
    refs, mapping = table.metadata.refs, table.properties["schema.name-mapping.default"]
    append_items(world, 3, 4)
    append_items(world, 5)
    after = world.lake.table(world.table)
    assert (after.schema(), after.properties["schema.name-mapping.default"]) == (table.schema(), mapping)
    assert {name: after.metadata.refs[name] for name in ("before", "audit")} == \
        {name: refs[name] for name in ("before", "audit")}
    wanted = [(1, None, 1.5, None, "mine"), (2, None, 2.5, None, "mine"),
              *((*item(number).values(), None) for number in (3, 4, 5)), (6, None, 6.5, None, None)]
    for engine in ENGINES:
        assert rows(world.lake.read(world.table, engine), "id", "name", "total", "place", "note") == wanted


def evolved_table(world):
    world.folder.mkdir(parents=True, exist_ok=True)
    catalog = world.lake.catalog()
    catalog.create_namespace("ingest")
    place = StructType(NestedField(20, "floor", IntegerType()), NestedField(21, "gone", StringType()))
    table = catalog.create_table(world.table, schema=Schema(
        NestedField(1, "first", StringType()), NestedField(2, "id", IntegerType(), required=True),
        NestedField(3, "name", StringType()), NestedField(4, "amount", FloatType()), NestedField(5, "old_place", place),
        NestedField(6, "note", StringType())))
    old = [{"first": "x", "id": number, "name": "of a column that was dropped", "amount": number + 0.5, "note": "mine"}
           for number in (1, 2)]
    table.append(pyarrow.Table.from_pylist(old, schema=table.schema().as_arrow()))
    head = table.current_snapshot().snapshot_id
    table.manage_snapshots().create_tag(head, "before").create_branch(head, "audit").commit()
    with table.update_schema(allow_incompatible_changes=True) as update:
        for name in ("first", "name", ("old_place", "gone")):
            update.delete_column(name)
    with table.update_schema() as update:
        update.add_column("name", StringType()).move_first("name")
        update.rename_column("amount", "total").rename_column("old_place", "place")
        update.add_column(("old_place", "street"), StringType())
        update.update_column("id", LongType()).move_after("id", "note")
    with table.update_schema() as update:
        update.update_column("total", DoubleType())
    foreign = world.folder / "without-ids.parquet"
    fields = pyarrow.schema([pyarrow.field("id", pyarrow.int64(), nullable=False), ("total", pyarrow.float64())])
    pyarrow.parquet.write_table(pyarrow.table({"id": [6], "total": [6.5]}, schema=fields), foreign)
    table.add_files([f"file://{foreign}"])
    return world.lake.table(world.table)


def test_a_table_that_is_not_partitioned_any_more(world):
    world.folder.mkdir(parents=True, exist_ok=True)
    catalog = world.lake.catalog()
    catalog.create_namespace("ingest")
    table = catalog.create_table(
        world.table, schema=Schema(NestedField(1, "id", LongType(), required=True), NestedField(2, "name", StringType())),
        partition_spec=PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "name")))
    table.append(pyarrow.Table.from_pylist([{"id": 1, "name": "a"}], schema=table.schema().as_arrow()))
    with table.update_spec() as update:
        update.remove_field("name")
    append_items(world, 2, 3, columns=COLUMNS[:2])
    for engine in ENGINES:
        assert rows(world.lake.read(world.table, engine), "id", "name") == [(1, "a"), (2, "item 2"), (3, "item 3")]


def test_metadata_in_gzip(world):
    """What the table's property says is done from then on; others read it and write it."""
    append_items(world, 1, target={"properties": {"write.metadata.compression-codec": "gzip"}})
    assert world.lake.metadata_file(world.table).name.endswith(".gz.metadata.json")
    with world.lake.table(world.table).transaction() as change:  # PyIceberg reads gzip, and writes plain text
        change.set_properties(owner="somebody")
    append_items(world, 2)
    assert world.lake.metadata_file(world.table).name.endswith(".gz.metadata.json")
    with world.lake.table(world.table).transaction() as change:
        change.set_properties({"write.metadata.compression-codec": "none"})
    append_items(world, 3)
    assert world.lake.metadata_file(world.table).read_bytes().startswith(b"{")
    assert rows(world.lake.read(world.table), "id") == [(1,), (2,), (3,)]
    assert len(world.lake.commits(world.table, world.stream)) >= 3
