"""Each engine reads what we write by its value, and leaves out the files that cannot hold what it is asked for."""
import datetime
import functools
import json
import re
from datetime import date, time
from decimal import Decimal
from typing import Any, Callable

import pytest

import program
from auditor import Expected, Kind, Knowledge, audit
from every_type import COLUMNS, ROWS, row_of_all_types
from load import ALL_METADATA, EPOCH, placed
from produce import Message, Source
from program import run_to_end
from readers import ANY, Condition, DuckDB, PyIceberg
from world import World

ENGINES = ["pyiceberg", "duckdb", pytest.param("spark", marks=pytest.mark.readers),
           pytest.param("trino", marks=pytest.mark.readers)]


@pytest.fixture(params=ENGINES)
def reader(request):
    own = {"pyiceberg": PyIceberg, "duckdb": DuckDB}.get(request.param)
    return own() if own else request.getfixturevalue(request.param)


# --- Every type ------------------------------------------------------------------------------------

EVERYTHING, TIMELESS = "ingest.everything", "ingest.timeless"  # the second for engines that do not know the type time


def write_both(world: World, columns: list[dict], **target: Any):
    """One topic into two tables, the second without columns of times of day."""
    timeless = [column for column in columns if column["type"] != "time"]
    return program.write_documents(
        world.folder, program.connection(world.broker.address), program.catalog(),
        *(program.stream(world.topic, mapped, name.rpartition(".")[2], name, metadata_columns=ALL_METADATA, target=target)
          for name, mapped in ((EVERYTHING, columns), (TIMELESS, timeless))))


def table_for(reader) -> str:
    return TIMELESS if "time" in reader.lacks else EVERYTHING


# What stands under `target` in the stream. Each transform is there, over numbers, text, bytes and times of each kind.
LAYOUTS = {
    "plain": {},
    "partitioned": {"partition_by": [
        "boolean", "long", "double", "decimal_18_0", "date", "string_text", "binary", "bucket(16, uuid)", "bucket(16, decimal_38_10)",
        "bucket(16, string)", "bucket(16, fixed)", "truncate(4, string)", "truncate(10, int)", "truncate(50, decimal_9_2)",
        "year(timestamptz)", "month(timestamp)", "day(unix_millis)", "hour(unix_micros)", "month(date)"]},
    "sorted": {"sort_by": ["bucket(4, long)", "string desc nulls last", "day(timestamptz)", "uuid"],
               "partition_by": ["boolean"]},
    "v3": {"format_version": 3},
    "branch": {"branch": "audit"},
}


@pytest.fixture(scope="session", params=LAYOUTS)
def all_types(broker, tmp_path_factory, request) -> tuple[World, str]:
    """In two commits; and the branch that has them."""
    layout = request.param
    world = World(broker, f"readers-{layout}", tmp_path_factory.mktemp(layout)).create_topic()
    expected = [row_of_all_types(number) for number in range(ROWS)]
    source = Source(broker.address, world.topic)
    document = write_both(world, [column.mapping for column in COLUMNS], **LAYOUTS[layout])
    for part in (expected[:ROWS // 2], expected[ROWS // 2:]):
        world.knowledge.add_all(placed(part, source.send(one.message for one in part)))
        run_to_end(document)
    return world, LAYOUTS[layout].get("branch", "main")


def test_every_type_is_read_by_its_value(all_types, reader):
    world, branch = all_types
    lacking = {column.name for column in COLUMNS if column.type in reader.lacks}
    wanted = Knowledge(world.topic)
    wanted.add_all(Expected(one.message, one.kind, {name: value for name, value in one.row.items() if name not in lacking})
                   for one in world.knowledge.messages.values())
    blurred = world.lake.blurred(EVERYTHING, "pyiceberg" if isinstance(reader, PyIceberg) else "other")
    findings = audit(wanted, reader.read(world.lake, table_for(reader), branch), [], {0: ROWS}, blurred=blurred)
    assert not findings, str(findings)


# --- Filters ---------------------------------------------------------------------------------------

FILES, ROWS_PER_FILE = 3, 10

# Values of a column by file and row, as JSON and as they must come out. No two files have one in common, and the first
# file's are the smallest; as numbers and as bytes, as signed and as unsigned ones where the type is either.
Value = Callable[[int, int], tuple[Any, Any]]


def number(file: int, row: int) -> int:
    return (file - 1) * 1000 + row


def after_1970(file: int, row: int) -> datetime.datetime:
    return EPOCH + datetime.timedelta(hours=number(file, row), microseconds=1)


def raw(file: int, row: int) -> bytes:
    return bytes([(0x10, 0x7f, 0x90)[file], row, 0, 0xff])


def same(value: Any) -> tuple[Any, Any]:
    return value, value


def as_text(value: Any) -> tuple[Any, Any]:
    return str(value), value


RANGES: dict[str, tuple[str, Value]] = {
    "a_boolean": ("boolean", lambda file, row: same(file != 1)),
    "an_int": ("int", lambda file, row: same(number(file, row))),
    "a_long": ("long", lambda file, row: same(number(file, row) * 10**12)),
    "a_float": ("float", lambda file, row: same(number(file, row) + 0.5)),
    "a_double": ("double", lambda file, row: same(number(file, row) + 0.1)),
    "a_small_decimal": ("decimal(9,2)", lambda file, row: (number(file, row), Decimal(f"{number(file, row)}.00"))),
    "a_decimal": ("decimal(18,1)", lambda file, row: (number(file, row) + 0.5, Decimal(f"{number(file, row) + 0.5}"))),
    "a_big_decimal": ("decimal(38,0)", lambda file, row: (number(file, row) * 10**30, Decimal(number(file, row) * 10**30))),
    "a_date": ("date", lambda file, row: as_text(date(1970, 1, 1) + datetime.timedelta(number(file, row)))),
    "a_time": ("time", lambda file, row: as_text(time(file, row, 30, 1))),
    "a_timestamp": ("timestamp", lambda file, row: as_text(after_1970(file, row).replace(tzinfo=None))),
    "a_timestamptz": ("timestamptz", lambda file, row: as_text(after_1970(file, row))),
    "a_string": ("string", lambda file, row: same("aé🧊"[file] + f" long enough that it is cut in the bounds {row}")),
    "a_uuid": ("uuid", lambda file, row: same(f"{raw(file, row).hex()}-0000-4000-8000-000000000000")),
    "a_random_uuid": ("uuid", lambda file, row: same(f"{(0x10, 0x90)[row % 2]:x}{file:02}{row:02}00-0000-4000-8000-000000000000")),
    "a_fixed": ("fixed[4]", lambda file, row: (raw(file, row).hex(), raw(file, row))),
    "a_binary": ("binary", lambda file, row: (raw(file, row).hex(), raw(file, row))),
    "in_one_file": ("string", lambda file, row: same("x" if file == 1 else None)),
    "a_struct": ("struct<deep: struct<n: int>>", lambda file, row: same({"deep": {"n": number(file, row)}})),
}
HEX = {"parse": "hex"}


@functools.cache
def range_rows(file: int) -> list[Expected]:
    made = [{name: value(file, row) for name, (_, value) in RANGES.items()} for row in range(ROWS_PER_FILE)]
    return [Expected(Message(json.dumps({name: text for name, (text, _) in row.items()}).encode()), Kind.ROW,
                     {name: value for name, (_, value) in row.items()}) for row in made]


@pytest.fixture(scope="session")
def ranges(broker, tmp_path_factory) -> World:
    """A file a run, as each run commits once."""
    world = World(broker, "readers-ranges", tmp_path_factory.mktemp("ranges")).create_topic()
    source = Source(broker.address, world.topic)
    columns = [{"name": name, "type": type_, **(HEX if type_.startswith(("fixed", "binary")) else {})}
               for name, (type_, _) in RANGES.items()]
    document = write_both(world, columns)
    for file in range(FILES):
        world.knowledge.add_all(placed(range_rows(file), source.send(one.message for one in range_rows(file))))
        run_to_end(document)
    return world


# Filters by which the engine leaves out no files, whatever their bounds: Trino orders UUIDs otherwise than Iceberg does.
# Random UUIDs have no bounds.
NOT_PRUNED = {"PyIceberg": {"a_random_uuid"}, "DuckDB": {"a_random_uuid", "a_struct"}, "Spark": {"a_random_uuid"},
              "Trino": {"a_random_uuid", "a_uuid", "identity_of_uuid", "bucket_of_uuid"}}


@pytest.mark.parametrize("column", RANGES)
def test_a_filter_leaves_out_files(ranges, reader, column):
    type_, value = RANGES[column]
    if type_ in reader.lacks:
        return
    condition = Condition(column, type_, ANY if column == "in_one_file" else value(1, 5)[1])
    if column == "a_struct":
        condition = Condition("a_struct.deep.n", "int", number(1, 5))
    found = reader.find(ranges.lake, table_for(reader), condition)
    first = ROWS_PER_FILE
    wanted = {first + 5} if column not in ("in_one_file", "a_boolean") else set(range(first, first + ROWS_PER_FILE))
    assert {row["kafka_offset"] for row in found.rows} == wanted and len(found.rows) == len(wanted)
    assert found.files == (FILES if column in NOT_PRUNED[type(reader).__name__] else 1)


# --- Partitions ------------------------------------------------------------------------------------

MOMENTS = [datetime.datetime(1965, 6, 30, 22, 59, 59, 999999), datetime.datetime(1970, 1, 1), datetime.datetime(2024, 2, 29, 12, 30)]
IN_UTC = [moment.replace(tzinfo=datetime.timezone.utc) for moment in MOMENTS]
DATES = [moment.date() for moment in MOMENTS]
NUMBERS = [-1, 0, 2**31 - 1]
DECIMALS = [Decimal("-0.01"), Decimal("0.00"), Decimal("1234567.89")]
TEXTS = ["", "größe/a=b %2F", "🧊🧊🧊"]
BYTES = [b"", b"\x7f\xff", b"\x80\x00/"]
FIXED = [b"\0\0", b"\x7f\xff", b"\x80\x00"]
UUIDS = ["00000000-0000-4000-8000-000000000001", "3fffffff-ffff-4fff-bfff-ffffffffffff", "7fffffff-ffff-4fff-bfff-ffffffffffff"]

# By the partition's column: its type, its transform, and three values no two of which are in one partition; null is the fourth.
PARTITIONS: dict[str, tuple[str, str, list[Any]]] = {
    **{f"{transform}_of_{re.match('[a-z]+', type_)[0]}": (type_, transform, values) for transform, types in {
        "identity": {"boolean": [True, False, False], "int": NUMBERS, "long": NUMBERS, "float": [-0.5, 0.0, 2.0**100],
                     "double": [-0.1, 0.0, 1e300], "decimal(9,2)": DECIMALS, "date": DATES, "timestamp": MOMENTS,
                     "timestamptz": IN_UTC, "string": TEXTS, "uuid": UUIDS, "binary": BYTES},
        "bucket": {"int": NUMBERS, "long": NUMBERS, "decimal(9,2)": DECIMALS, "date": DATES, "timestamp": MOMENTS,
                   "timestamptz": IN_UTC, "string": TEXTS, "uuid": UUIDS, "fixed[2]": FIXED, "binary": BYTES},
        "truncate": {"int": NUMBERS, "long": NUMBERS, "decimal(9,2)": DECIMALS, "string": TEXTS, "binary": BYTES},
        "year": {"date": DATES, "timestamp": MOMENTS, "timestamptz": IN_UTC},
        "month": {"date": DATES, "timestamp": MOMENTS, "timestamptz": IN_UTC},
        "day": {"date": DATES, "timestamp": MOMENTS, "timestamptz": IN_UTC},
        "hour": {"timestamp": MOMENTS, "timestamptz": IN_UTC}}.items() for type_, values in types.items()}}
PARAMETERS = {"identity": "{}", "bucket": "bucket(1000, {})", "truncate": "truncate(1, {})"}


def in_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def in_partition(row: int, index: int, values: list[Any]) -> Any:
    """Sixteen rows have all pairs of values of neighbouring columns."""
    return [*values, None][row // 4 if index % 2 else row % 4]


PARTITIONED_ROWS = [{name: in_partition(row, index, values) for index, (name, (_, _, values)) in enumerate(PARTITIONS.items())}
                    for row in range(16)]


@pytest.fixture(scope="session")
def partitioned(broker, tmp_path_factory) -> World:
    """Every row in a partition of its own. Nothing but partitions can be pruned: there are no bounds of columns."""
    world = World(broker, "readers-partitioned-by-all", tmp_path_factory.mktemp("partitioned")).create_topic()
    Source(broker.address, world.topic).send(
        Message(json.dumps({name: in_json(value) for name, value in row.items()}).encode()) for row in PARTITIONED_ROWS)
    fields = [PARAMETERS.get(transform, f"{transform}({{}})").format(name) for name, (_, transform, _) in PARTITIONS.items()]
    run_to_end(world.write_spec(
        [{"name": name, "type": type_, **(HEX if type_.startswith(("fixed", "binary")) else {})}
         for name, (type_, _, _) in PARTITIONS.items()], metadata_columns=["offset"],
        target={"partition_by": fields, "properties": {"write.metadata.metrics.default": "none"}}))
    return world


# What an engine does not find by a filter, as it thinks that no partition could have it: it orders or hashes UUIDs otherwise
# than Iceberg does, reads doubles as floats, and rounds times before 1970 towards it.
BEFORE_1970 = ["month_of_timestamp", "month_of_timestamptz", "day_of_timestamp", "day_of_timestamptz"]
MISSED = {"PyIceberg": {"identity_of_double": [-0.1, 1e300], "identity_of_uuid": UUIDS},
          "DuckDB": {"bucket_of_uuid": UUIDS, "truncate_of_decimal": DECIMALS[:1],
                     **{name: PARTITIONS[name][2][:1] for name in BEFORE_1970}},
          "Spark": {}, "Trino": {}}


@pytest.mark.parametrize("column", PARTITIONS)
def test_a_filter_leaves_out_partitions(partitioned, reader, column):
    type_, _, values = PARTITIONS[column]
    engine = type(reader).__name__
    missed = MISSED[engine].get(column, [])
    for value in [value for value in (*values, None) if value not in missed]:
        found = reader.find(partitioned.lake, partitioned.table, Condition(column, type_, value))
        wanted = [offset for offset, row in enumerate(PARTITIONED_ROWS) if row[column] == value]
        assert sorted(row["kafka_offset"] for row in found.rows) == wanted, value
        assert [PARTITIONED_ROWS[row["kafka_offset"]] for row in found.rows] == \
            [{name: row[name] for name in PARTITIONS} for row in found.rows]
        pruned = value is None or column not in NOT_PRUNED[engine]
        assert found.files == (len(wanted) if pruned else len(PARTITIONED_ROWS)), value


# Spark orders the second below the first: as signed numbers.
UUIDS_OF_TWO_ORDERS = ["10000000-0000-4000-8000-000000000000", "90000000-0000-4000-8000-000000000000",
                       "20000000-0000-4000-8000-000000000000"]


@pytest.fixture(scope="session")
def by_uuid(broker, tmp_path_factory) -> World:
    """Every row in a partition of its own, all in one manifest."""
    world = World(broker, "readers-by-uuid", tmp_path_factory.mktemp("by-uuid")).create_topic()
    Source(broker.address, world.topic).send(Message(json.dumps({"id": value}).encode()) for value in UUIDS_OF_TWO_ORDERS)
    run_to_end(world.write_spec([{"name": "id", "type": "uuid"}], target={"partition_by": ["id"]}))
    return world


def test_partitions_of_uuids_that_engines_order_otherwise_are_found(by_uuid, reader):
    """By the partition alone; the manifest's summary would mislead some, and is not there."""
    engine = type(reader).__name__
    for value in UUIDS_OF_TWO_ORDERS:
        found = reader.find(by_uuid.lake, by_uuid.table, Condition("id", "uuid", value))
        assert [row["id"] for row in found.rows] == ([value] if engine != "PyIceberg" else [])
        assert found.files == {"PyIceberg": 0, "Trino": 3}.get(engine, 1)
