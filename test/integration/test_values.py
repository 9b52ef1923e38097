"""Values read back by PyIceberg and DuckDB are those that were produced, of every type; what is not a row is an error."""
import datetime
import itertools
import json
import os
import random
import uuid

import pytest
from pyiceberg.conversions import from_bytes
from pyiceberg.expressions import EqualTo

from auditor import Expected, Kind
from every_type import COLUMNS, ROWS, Column, row_of_all_types
from lake import ENGINES
from load import ALL_METADATA, COLUMNS as ORDER_COLUMNS, EPOCH, Orders, placed, produce_orders
from produce import Message, Source
from program import run_to_end

MAPPINGS = [column.mapping for column in COLUMNS]


def send(world, expected: list[Expected], codec: str = "none") -> None:
    source = Source(world.broker.address, world.topic, codec)
    world.knowledge.add_all(placed(expected, source.send(one.message for one in expected)))


def test_every_type_comes_back(world):
    world.create_topic()
    send(world, [row_of_all_types(number) for number in range(ROWS)])
    run_to_end(world.write_spec(MAPPINGS, metadata_columns=ALL_METADATA))
    for engine in ENGINES:
        world.audit(engine=engine)
    rows = {row["kafka_offset"]: row for row in world.lake.read(world.table, "duckdb")}
    blurred = world.lake.blurred(world.table, "pyiceberg")
    for row in world.lake.read(world.table, "pyiceberg"):
        other = rows[row["kafka_offset"]]
        assert {name: row[name] for name in row if name not in blurred} == \
            {name: other[name] for name in other if name not in blurred}
    assert all(any(row[column.name] is not None for row in rows.values()) for column in COLUMNS)


def test_metrics_in_the_manifests_are_right(world):
    """Readers leave out files by these figures; a wrong one loses rows in their answers."""
    world.create_topic()
    expected = [row_of_all_types(number) for number in range(ROWS)]
    send(world, expected)
    run_to_end(world.write_spec(MAPPINGS))
    table = world.lake.table(world.table)
    [task] = table.scan().plan_files()
    file = task.file
    assert (file.record_count, file.file_size_in_bytes) == (ROWS, os.path.getsize(file.file_path.removeprefix("file://")))
    bounded = 0
    for column in COLUMNS:
        field = table.schema().find_field(column.name)
        if not field.field_type.is_primitive:
            continue
        values = [one.row[column.name] for one in expected]
        present = sorted((value for value in values if value is not None), key=comparable)
        assert file.value_counts[field.field_id] == ROWS, column.name
        assert file.null_value_counts[field.field_id] == values.count(None), column.name
        if field.field_id in file.lower_bounds:
            bounded += 1
            lower = as_value(column, from_bytes(field.field_type, file.lower_bounds[field.field_id]))
            assert comparable(lower) <= comparable(present[0]), column.name
        if field.field_id in file.upper_bounds:
            upper = as_value(column, from_bytes(field.field_type, file.upper_bounds[field.field_id]))
            assert comparable(upper) >= comparable(present[-1]), column.name
        for value in (present[0], present[-1]):
            found = scan_equal(table, column, value)
            assert found == values.count(value), f"{column.name} = {value!r} finds {found} rows"
    assert bounded > 25, "hardly any column has bounds"


def comparable(value):
    return value.encode() if isinstance(value, str) else value


def as_value(column: Column, bound):
    """What PyIceberg decodes a bound to, as the tables' values are."""
    types = {"date": lambda days: (EPOCH + datetime.timedelta(days=days)).date(),
             "time": lambda micros: (EPOCH + datetime.timedelta(microseconds=micros)).time(),
             "timestamp": lambda micros: (EPOCH + datetime.timedelta(microseconds=micros)).replace(tzinfo=None),
             "timestamptz": lambda micros: EPOCH + datetime.timedelta(microseconds=micros), "uuid": lambda raw: str(uuid.UUID(bytes=bytes(raw)))}
    return types.get(column.type, lambda value: value)(bound)


def scan_equal(table, column: Column, value) -> int:
    if column.type == "uuid":
        value = uuid.UUID(value)
    if isinstance(value, datetime.datetime):
        value = value.isoformat()
    return table.scan(row_filter=EqualTo(column.name, value)).count()


def bad_values() -> list[tuple[str, str]]:
    return [(column.name, text) for column in COLUMNS for text in column.bad]


def test_values_that_do_not_fit_are_errors_of_their_message(world):
    """Each is among the errors with its path, and the good messages beside it are rows."""
    world.create_topic()
    bad = [Expected(Message(b'{"boolean":true,"%s":%s,"list":[7]}' % (name.encode(), text.encode()), key=b"k",
                            headers=(("h", b"v"), ("null", None))), Kind.ERROR, code="MAP_")
           for name, text in bad_values()]
    good = [row_of_all_types(number) for number in range(len(bad))]
    send(world, list(itertools.chain.from_iterable(zip(bad, good, strict=True))))
    run_to_end(world.write_spec(MAPPINGS, metadata_columns=ALL_METADATA))
    for engine in ENGINES:
        world.audit(engine=engine)
    errors = sorted(world.lake.read(world.errors_table), key=lambda row: row["kafka_offset"])
    wrong_paths = [(name, text, row["error_path"]) for (name, text), row in zip(bad_values(), errors, strict=True)
                   if not (row["error_path"] == f"/{name}" or row["error_path"].startswith(f"/{name}/"))]
    assert not wrong_paths
    now = datetime.datetime.now(datetime.timezone.utc)
    assert all(now - datetime.timedelta(hours=1) < row["failed_at"] <= now for row in errors)
    version = world.lake.table(world.table).current_snapshot().summary["frazil.mapping-version"]
    assert {row["mapping_version"] for row in errors} == {version}


WHOLE_MESSAGES = [
    b"", b" ", b"{", b"}", b"[]", b"5", b'"x"', b"null", b"{}", b"{} {}", b'{"store_id":1} trailing', b"\0", b"\xff\xfe",
    b'{"store_id":1,"store_order_id":2,"status":"\xff"}', b'{"store_id":1,"store_order_id":2,"status":"\x01"}',
    b'{"store_id":1,"store_order_id":2,"status":"\\ud800"}', b'{"store_id":01,"store_order_id":2}',
    b'{"store_id":1,"store_order_id":2,}', b"{'store_id':1}", b'{"store_id":NaN,"store_order_id":2}',
    b"[" * 10_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    b'\xef\xbb\xbf{"store_id":1,"store_order_id":2}', b'{"store_id":1,"store_order_id":2,"status":"' + b"x" * 2_000_000,
]


def test_messages_that_are_no_json_objects_are_errors(world):
    world.create_topic(max_message_bytes="4000000")
    send(world, [Expected(Message(value, key=b""), Kind.ERROR) for value in WHOLE_MESSAGES])
    run_to_end(world.write_spec(ORDER_COLUMNS, metadata_columns=ALL_METADATA))
    for engine in ENGINES:
        world.audit(engine=engine)


def test_messages_of_any_bytes_are_in_one_place(world, seed):
    """Orders with bytes changed, cut, doubled and mixed in: a row or an error with exactly these bytes."""
    draw = random.Random(seed)
    world.create_topic()
    values = [one.message.value or b"" for one in Orders(seed).take(2000, 0)]
    spoilt = []
    for value in values:
        piece = bytearray(value)
        for _ in range(draw.randrange(4)):
            at = draw.randrange(len(piece) + 1)
            way = draw.randrange(4)
            if way == 0:
                piece[at:at] = draw.randbytes(draw.randrange(8))
            elif way == 1:
                del piece[at:at + draw.randrange(20)]
            elif way == 2:
                piece[at:at] = draw.choice([b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"-", b"1e999", b"null"])
            else:
                piece += draw.choice(values)[:draw.randrange(1, 50)]
        spoilt.append(Expected(Message(bytes(piece)), Kind.ROW_OR_ERROR))
    send(world, spoilt)
    run_to_end(world.write_spec(ORDER_COLUMNS, metadata_columns=ALL_METADATA))
    world.audit()
    assert world.lake.read(world.table, columns=("kafka_offset",)), "not one message was a row"


def test_null_values_are_counted_and_in_no_table(world):
    world.create_topic()
    send(world, [Expected(Message(None, key=b"%d" % number), Kind.NULL) for number in range(20)])
    produce_orders(world.knowledge, Source(world.broker.address, world.topic), Orders(1, bad=0, nulls=0), 5)
    run_to_end(world.write_spec(ORDER_COLUMNS))
    world.audit()
    assert world.lake.commits(world.table, world.stream)[-1].counts["nulls"] == 20


@pytest.mark.parametrize("columns", [[], ["offset"], ["partition", "offset", "timestamp"], ALL_METADATA])
def test_only_the_metadata_columns_that_are_named_are_there(world, columns):
    world.create_topic()
    send(world, [row_of_all_types(number) for number in range(3)])
    run_to_end(world.write_spec(MAPPINGS[:2], metadata_columns=columns))
    names = [field.name for field in world.lake.table(world.table).schema().fields]
    assert names == [mapping["name"] for mapping in MAPPINGS[:2]] + [f"kafka_{column}" for column in columns]
    assert len(world.lake.read(world.table)) == 3


def test_paths_lead_into_the_message(world):
    world.create_topic()
    value = json.dumps({"a": {"b/c": [10, 20], "": {"~": "deep"}}, "x.y": 1}, separators=(",", ":"))
    row = {"pointer": 20, "odd": "deep", "dotted": "deep", "dot_in_name": 1, "everything": value, "nowhere": None}
    send(world, [Expected(Message(value.encode()), Kind.ROW, row=row)])
    run_to_end(world.write_spec([
        {"name": "pointer", "from": "/a/b~1c/1", "type": "int"}, {"name": "odd", "from": "/a//~0", "type": "string"},
        {"name": "dotted", "from": "/a//~0", "type": "string"}, {"name": "dot_in_name", "from": "/x.y", "type": "int"},
        {"name": "everything", "from": "", "type": "string", "parse": "json"},
        {"name": "nowhere", "from": "$.a.missing", "type": "string"}]))
    world.audit()


PARTS = [{"name": "user", "in": "key", "from": "", "type": "long"},
         {"name": "key", "in": "key", "from": "", "type": "binary"},
         {"name": "trace", "in": "headers", "from": "/trace", "type": "string", "default": "none"},
         {"name": "attempt", "in": "headers", "from": "/retry/attempt", "type": "int"},
         {"name": "a", "type": "int", "default": 7},
         {"name": "rows", "type": "list", "default": [],
          "element": {"type": "struct", "fields": [{"name": "id", "type": "int", "default": -1}]}}]


def test_keys_headers_defaults_and_what_is_left_over_are_in_the_table(world):
    world.create_topic()
    full = Message('{"a": 1, "z": {"b": [1.50, "\U0001f355"]}, "rows": [{"id": 2, "more": null}, {}, null]}'.encode(), key=b"12",
                   headers=(("trace", b"x"), ("retry", b'{"attempt": 3}'), ("trace", "\u00e9".encode())))
    send(world, [
        Expected(full, Kind.ROW,
                 row={"user": 12, "key": b"12", "trace": "\u00e9", "attempt": 3, "a": 1,
                      "rows": [{"id": 2}, {"id": -1}, None],
                      "rest": '{"z":{"b": [1.50, "\U0001f355"]},"rows":[{"more":null},null,null]}'}),
        Expected(Message(b"{}"), Kind.ROW,
                 row={"user": None, "key": None, "trace": "none", "attempt": None, "a": 7, "rows": [], "rest": None}),
        Expected(Message(b'{"a": null, "rows": null}', key=b"-1", headers=(("trace", None),)), Kind.ROW,
                 row={"user": -1, "key": b"-1", "trace": None, "attempt": None, "a": None, "rows": None, "rest": None}),
        Expected(Message(b"{}", key=b"twelve"), Kind.ERROR, code="MAP_FORMAT", path="key:"),
        Expected(Message(b"{}", headers=(("retry", b"[]"),)), Kind.ERROR, code="MAP_TYPE", path="headers:/retry"),
        Expected(Message(b"{}", headers=(("trace", b"\xff"),)), Kind.ERROR, code="MAP_FORMAT", path="headers:/trace"),
        Expected(Message(None, key=b"twelve"), Kind.NULL)])
    run_to_end(world.write_spec(PARTS, unmapped={"collect": "rest"}))
    for engine in ENGINES:
        world.audit(engine=engine)


def test_what_no_column_reads_can_be_refused(world):
    world.create_topic()
    send(world, [Expected(Message(b'{"a": 1}'), Kind.ROW, row={"a": 1}),
                 Expected(Message(b'{"a": 1, "o": {"b": 2, "c/d": 3}}'), Kind.ERROR, code="MAP_UNMAPPED", path="/o/c~1d")])
    run_to_end(world.write_spec([{"name": "a", "type": "int"}, {"name": "b", "from": "/o/b", "type": "int"}],
                                unmapped="reject"))
    world.audit()
