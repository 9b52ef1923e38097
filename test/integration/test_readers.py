"""Each engine reads what we write by its value, and leaves out the files that cannot hold what it is asked for."""
import datetime
import functools
import json
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
from readers import Condition, DuckDB, PyIceberg
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


@pytest.fixture(scope="session")
def all_types(broker, tmp_path_factory) -> World:
    world = World(broker, "readers-all-types", tmp_path_factory.mktemp("all-types")).create_topic()
    expected = [row_of_all_types(number) for number in range(ROWS)]
    source = Source(broker.address, world.topic)
    world.knowledge.add_all(placed(expected, source.send(one.message for one in expected)))
    run_to_end(write_both(world, [column.mapping for column in COLUMNS]))
    return world


def test_every_type_is_read_by_its_value(all_types, reader):
    lacking = {column.name for column in COLUMNS if column.type in reader.lacks}
    wanted = Knowledge(all_types.topic)
    wanted.add_all(Expected(one.message, one.kind, {name: value for name, value in one.row.items() if name not in lacking})
                   for one in all_types.knowledge.messages.values())
    blurred = all_types.lake.blurred(EVERYTHING, "pyiceberg" if isinstance(reader, PyIceberg) else "other")
    findings = audit(wanted, reader.read(all_types.lake, table_for(reader)), [], {0: ROWS}, blurred=blurred)
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
NOT_PRUNED = {"PyIceberg": set(), "DuckDB": {"a_struct"}, "Spark": set(), "Trino": {"a_uuid"}}


@pytest.mark.parametrize("column", RANGES)
def test_a_filter_leaves_out_files(ranges, reader, column):
    type_, value = RANGES[column]
    if type_ in reader.lacks:
        return
    condition = Condition(column, type_, None if column == "in_one_file" else value(1, 5)[1])
    if column == "a_struct":
        condition = Condition("a_struct.deep.n", "int", number(1, 5))
    found = reader.find(ranges.lake, table_for(reader), condition)
    first = ROWS_PER_FILE
    wanted = {first + 5} if column not in ("in_one_file", "a_boolean") else set(range(first, first + ROWS_PER_FILE))
    assert {row["kafka_offset"] for row in found.rows} == wanted and len(found.rows) == len(wanted)
    assert found.files == (FILES if column in NOT_PRUNED[type(reader).__name__] else 1)
