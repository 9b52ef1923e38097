"""In a sorted file a filter leaves out row groups: engines find the row although the pages of all the others are destroyed."""
import datetime
import json
import random
from decimal import Decimal
from typing import Any, Callable

import pyarrow.parquet
import pytest

from lake import path_of
from load import EPOCH
from produce import Message, Source
from program import run_to_end
from readers import Condition
from test_readers import ENGINES, reader  # noqa: F401
from world import World

ROWS, WANTED = 20_000, 9_000

# By the column: its type, and a value that grows with the row's number, as it must come out.
COLUMNS: dict[str, tuple[str, Callable[[int], Any]]] = {
    "id": ("long", lambda number: number - 1000),
    "an_int": ("int", lambda number: number * 3),
    "a_double": ("double", lambda number: number + 0.25),
    "a_decimal": ("decimal(18,2)", lambda number: Decimal(f"{number}.25")),
    "a_time": ("timestamptz", lambda number: EPOCH + datetime.timedelta(minutes=number, microseconds=1)),
    "a_string": ("string", lambda number: f"{number:08}"),
    "a_uuid": ("uuid", lambda number: f"{number:08x}-0000-7000-8000-000000000000"),
}
# Engines that read the whole file for such a condition.
NOT_PRUNED: dict[str, set[str]] = {"PyIceberg": set(), "DuckDB": {"a_uuid"}, "Spark": set(), "Trino": {"a_time", "a_uuid"}}


def message(number: int, noise: random.Random) -> Message:
    row = {name: value(number) for name, (_, value) in COLUMNS.items()}
    as_json = {name: value if isinstance(value, (int, float)) else float(value) if isinstance(value, Decimal) else str(value)
               for name, value in row.items()}
    return Message(json.dumps(as_json | {"noise": noise.randbytes(24).hex()}).encode())


@pytest.fixture(scope="session")
def sorted_file(broker, tmp_path_factory) -> World:
    """One file of each lane that wrote, of messages that came in no order."""
    world = World(broker, "sorted-file", tmp_path_factory.mktemp("sorted-file")).create_topic()
    noise = random.Random(7)
    messages = [message(number, noise) for number in range(ROWS)]
    noise.shuffle(messages)
    Source(broker.address, world.topic).send(messages)
    columns = [{"name": name, "type": type_} for name, (type_, _) in COLUMNS.items()] + [{"name": "noise", "type": "string"}]
    run_to_end(world.write_spec(columns, interval="1h", target={
        "sort_by": ["id"], "properties": {"write.parquet.row-group-size-bytes": "100000"}}))
    destroy_pages(world, COLUMNS["id"][1](WANTED))
    return world


def destroy_pages(world: World, kept: int) -> None:
    """Of all row groups but those between whose first and last id this one lies: one of each file."""
    rows, lost = 0, 0
    for task in world.lake.table(world.table).scan().plan_files():
        file = path_of(task.file.file_path)
        footer = pyarrow.parquet.ParquetFile(file).metadata
        groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
        ids = [group.column(footer.schema.names.index("id")).statistics for group in groups]
        unwanted = [group for group, of_group in zip(groups, ids) if not of_group.min <= kept <= of_group.max]
        assert len(unwanted) == len(groups) - 1
        with open(file, "r+b") as data:
            for column in (group.column(number) for group in unwanted for number in range(group.num_columns)):
                data.seek(column.dictionary_page_offset or column.data_page_offset)
                data.write(b"\xff" * column.total_compressed_size)
        rows, lost = rows + footer.num_rows, lost + len(unwanted)
    assert rows == ROWS and lost >= 4


@pytest.mark.parametrize("column", COLUMNS)
def test_a_filter_leaves_out_row_groups(sorted_file, reader, column):  # noqa: F811
    type_, value = COLUMNS[column]

    def found(number: int) -> list[dict]:
        return reader.find(sorted_file.lake, sorted_file.table, Condition(column, type_, value(number))).rows
    if column in NOT_PRUNED[type(reader).__name__]:
        with pytest.raises(Exception):
            found(WANTED)
        return
    [row] = found(WANTED)
    assert {name: row[name] for name in COLUMNS} == {name: value(WANTED) for name, (_, value) in COLUMNS.items()}
    with pytest.raises(Exception):  # what is lost is missed
        found(ROWS - 1)
