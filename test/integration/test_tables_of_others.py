"""Tables that PyIceberg made and changed, with what we append to them, and those that do not take our rows."""
import json

import pyarrow
import pyarrow.parquet
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform, MonthTransform
from pyiceberg.types import (DateType, DecimalType, DoubleType, FloatType, IntegerType, LongType, NestedField, StringType,
                             StructType)

from items import COLUMNS, append_items, item, rows
from lake import ENGINES
from produce import Message, Source
from program import run, run_to_end


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


def table_by_name(world, name: str, properties: dict[str, str] | None = None):
    """Partitioned by name, with one row."""
    world.folder.mkdir(parents=True, exist_ok=True)
    catalog = world.lake.catalog()
    catalog.create_namespace("ingest")
    table = catalog.create_table(
        world.table, schema=Schema(NestedField(1, "id", LongType(), required=True), NestedField(2, "name", StringType())),
        partition_spec=PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "name")), properties=properties or {})
    table.append(pyarrow.Table.from_pylist([{"id": 1, "name": name}], schema=table.schema().as_arrow()))
    return table


def test_a_table_that_is_not_partitioned_any_more(world):
    table = table_by_name(world, "a")
    with table.update_spec() as update:
        update.remove_field("name")
    append_items(world, 2, 3, columns=COLUMNS[:2])
    for engine in ENGINES:
        assert rows(world.lake.read(world.table, engine), "id", "name") == [(1, "a"), (2, "item 2"), (3, "item 3")]


def test_a_table_of_version_1_is_refused_until_it_is_upgraded(world):
    """By one statement; what was written before has sequence number 0 from then on."""
    table_by_name(world, "item 2", {"format-version": "1"})
    world.create_topic()
    Source(world.broker.address, world.topic).send(Message(json.dumps(item(number)).encode()) for number in (2, 3))
    document = world.write_spec(COLUMNS[:2], metadata_columns=[])
    ended = run("run", "-f", document, "--until-end", "-o", "json")
    refusal = json.loads(ended.err.splitlines()[-1])
    assert (ended.code, refusal["code"]) == (1, "TABLE_FORMAT_VERSION")
    assert refusal["fix"] == "upgrade a table of version 1 by setting its property format-version to 2"
    with world.lake.table(world.table).transaction() as change:
        change.upgrade_table_version(2)
    run_to_end(document)
    for engine in ENGINES:
        assert rows(world.lake.read(world.table, engine), "id", "name") == [(1, "item 2"), (2, "item 2"), (3, "item 3")]


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


def test_every_difference_is_named_with_its_fix(world):
    """Of the columns, of the members of structs, and of the layout, all at once; nothing is written."""
    world.folder.mkdir(parents=True, exist_ok=True)
    catalog = world.lake.catalog()
    catalog.create_namespace("ingest")
    place = StructType(NestedField(20, "street", IntegerType()), NestedField(21, "Floor", IntegerType()),
                       NestedField(22, "zip", StringType(), required=True))
    catalog.create_table(
        world.table, schema=Schema(NestedField(1, "id", StringType(), required=True), NestedField(2, "Name", StringType()),
                                   NestedField(3, "total", DoubleType(), required=True), NestedField(4, "place", place),
                                   NestedField(5, "price", DecimalType(9, 2)), NestedField(6, "day", DateType(), required=True)),
        partition_spec=PartitionSpec(PartitionField(6, 1000, MonthTransform(), "day_month")))
    world.create_topic()
    columns = [*COLUMNS, {"name": "price", "type": "decimal(9,3)"}, {"name": "gone", "type": "list<int>"}]
    document = world.write_spec(columns, metadata_columns=[],
                                target={"partition_by": ["total"], "sort_by": ["price desc nulls last"]})
    ended = run("run", "-f", document, "--until-end", "-o", "json")
    refusal = json.loads(ended.err.splitlines()[-1])
    assert (ended.code, refusal["code"]) == (1, "TABLE_INCOMPATIBLE")
    differences = [
        "column 'id' is string in the table and long in the mapping: map it as string",
        "column 'name' is called 'Name' in the table: map it by that name",
        "column 'total' is required in the table and optional in the mapping: map it as required or make the table's column optional",
        "column 'place.street' is int in the table and string in the mapping: map it as int",
        "column 'place.floor' is called 'Floor' in the table: map it by that name",
        "column 'place.zip' (string) is required in the table and not in the mapping: map it or make the table's column optional",
        "column 'price' is decimal(9,2) in the table and decimal(9,3) in the mapping: map it as decimal(9,2)",
        "column 'gone' (list<int>) is not in the table: add it to the table or take it out of the mapping",
        "column 'day' (date) is required in the table and not in the mapping: map it or make the table's column optional",
        "it is partitioned by month of day, not by identity of total: leave partition_by out, or change it or the table",
        "it is sorted by nothing, not by identity of price desc nulls-last: leave sort_by out, or change it or the table"]
    assert refusal["detail"].partition(" rows: ")[2].split("; ") == differences
    assert world.lake.table(world.table).current_snapshot() is None
