"""Looking at a topic: samples, and a mapping inferred from them that reads all of it. Nothing is written."""
import datetime
import json

import program
from confluent_kafka import KafkaException
from produce import Message, Source
from waiting import wait_for


def order(number: int) -> dict:
    """What a producer writes who never thought of a schema."""
    made = {"id": number, "ts": 1_767_225_600_000 + number, "placed": f"2026-01-{1 + number % 28:02}", "price": number / 4,
            "lines": [{"sku": f"a-{n}", "count": n} for n in range(number % 3)], "note": None,
            "mixed": number if number % 2 else f"n{number}", "any": {"x": 1} if number % 5 == 0 else number}
    if number % 7 == 0:
        made["rare"] = {"deep": [number]}
    return made


def produce(world, orders: list[dict], partitions: int = 3) -> None:
    world.create_topic(partitions)
    Source(world.broker.address, world.topic).send(
        [Message(json.dumps(made).encode(), key=b"k", headers=(("trace", b"\xff"),), partition=number % partitions)
         for number, made in enumerate(orders)])


def documents(world, mapping: dict | None = None, **stream):
    """The stream's file, with this mapping; {} is none."""
    document = program.stream(world.topic, [{"name": "id", "type": "long"}], world.stream, world.table, **stream)
    if mapping is not None:
        document["spec"]["mapping"] = mapping
    if mapping == {}:
        del document["spec"]["mapping"]
    return program.write_documents(world.folder, program.connection(world.broker.address), program.catalog(), document)


def paste(world, mapping: str):
    """The stream's file, with the text that `infer` printed at the end of its spec."""
    source = json.dumps({"connection": "shop", "topic": world.topic, "client": program.CLIENT})
    text = "\n---\n".join([json.dumps(program.connection(world.broker.address)), json.dumps(program.catalog()), f"""\
api_version: frazil/v1
kind: stream
metadata: {{name: {world.stream}}}
spec:
  source: {source}
  target: {{catalog: lake, table: {world.table}}}
{mapping}"""])
    file = world.folder / "pasted.yaml"
    file.write_text(text)
    return file


def untouched(world) -> bool:
    """Neither a table nor a catalog, and no group."""
    return not world.lake.database.exists() and not world.lake.warehouse.exists() and not group(world)


def group(world) -> dict[int, int]:
    """Where the stream's group stands. A broker that has just started may not know yet who keeps groups."""
    def offsets() -> list | None:
        try:
            return [world.broker.group_offsets(f"frazil.{world.stream}", world.topic)]
        except KafkaException:
            return None
    return wait_for("the group's offsets are known", offsets)[0]


def test_what_is_inferred_from_a_topic_reads_it_all(world):
    orders = [order(number) for number in range(400)]
    produce(world, orders)
    file = documents(world)
    ended = program.run("infer", "stream", world.stream, "-f", file, "--samples", 90)
    assert ended.code == 0, str(ended)
    assert untouched(world)
    assert "90 messages of 3 partitions" in ended.err, str(ended)
    inferred = program.run("infer", "stream", world.stream, "-f", file, "-o", "json")
    columns = json.loads(inferred.out)["mapping"]["columns"]
    assert {column["name"]: (column["type"], column.get("parse")) for column in columns} == {
        "id": ("long", None), "ts": ("timestamptz", "unix_millis"), "placed": ("date", None), "price": ("double", None),
        "lines": ("list<struct<sku: string, count: long>>", None), "mixed": ("string", "text"), "any": ("string", "json"),
        "rare": ("struct<deep: list<long>>", None)}

    program.run_to_end(paste(world, ended.out))
    rows = {row["id"]: row for row in world.lake.read(world.table)}
    assert len(rows) == len(orders) and not world.lake.read(world.errors_table)
    for made in orders:
        row = rows[made["id"]]
        assert row["ts"] == datetime.datetime.fromtimestamp(made["ts"] / 1000, datetime.timezone.utc)
        assert row["placed"] == datetime.date.fromisoformat(made["placed"])
        assert (row["price"], row["lines"]) == (made["price"], made["lines"])
        assert row["mixed"] == str(made["mixed"])
        assert row["rare"] == made.get("rare")
        assert json.loads(row["any"]) == made["any"]


def test_keys_and_headers_are_columns_when_their_comments_are_taken_away(world):
    world.create_topic(2)
    Source(world.broker.address, world.topic).send(
        [Message(json.dumps({"id": number}).encode(), key=json.dumps({"shop": number % 3}).encode(), partition=number % 2,
                 headers=(("tenant", b"a"), ("attempt", b"%d" % number)) + ((("rare", b"x"),) if number == 1 else ()))
         for number in range(20)])
    file = documents(world, {})
    ended = program.run("infer", "stream", world.stream, "-f", file)
    assert ended.code == 0 and "rare" not in ended.out, str(ended)
    assert [column["name"] for column in preview(world, file)["mapping"]["columns"]] == ["id"]
    names = [proposal["column"]["name"] for proposal in preview(world, file)["proposals"]]
    assert names == ["key", "attempt", "tenant"] and untouched(world)
    program.run_to_end(paste(world, ended.out.replace("# - ", "- ")))
    rows = sorted(world.lake.read(world.table), key=lambda row: row["id"])
    assert [(row["key"], row["attempt"], row["tenant"]) for row in rows] == [({"shop": n % 3}, n, "a") for n in range(20)]


def test_a_partition_column_that_is_not_inferred(world):
    """Nothing is created; with the mapping that `infer` prints, mended by hand, it is."""
    produce(world, [order(number) for number in range(30)])
    wrong = documents(world, {}, target={"partition_by": ["day(note)"]})
    ended = program.run_to_end(wrong, expect=1)
    assert "LAYOUT_TERM" in ended.err and "nothing but null" in ended.err, str(ended)
    assert world.lake.metadata(world.table) is None
    assert "LAYOUT_TERM" in program.run("preview", "stream", world.stream, "-f", wrong).err
    program.run_to_end(documents(world, {}, target={"partition_by": ["day(ts)", "bucket(4, id)"], "sort_by": ["price desc"]}))
    assert sorted(row["id"] for row in world.lake.read(world.table)) == list(range(30))
    assert [field.name for field in world.lake.table(world.table).spec().fields] == ["ts_day", "id_bucket"]


def test_a_sample_shows_messages_of_all_partitions(world):
    produce(world, [order(number) for number in range(30)])
    ended = program.run("sample", "stream", world.stream, "-f", documents(world), "--samples", 6, "-o", "json")
    assert ended.code == 0, str(ended)
    messages = [json.loads(line) for line in ended.out.splitlines()]
    assert [(message["partition"], message["offset"]) for message in messages] == [(p, o) for p in range(3) for o in (0, 9)]
    assert messages[0]["key"] == "k" and messages[0]["headers"] == [{"key": "trace", "value": {"hex": "ff"}}]
    assert json.loads(messages[0]["value"]) == order(0)
    assert untouched(world)


def as_json(value):
    """A value that PyIceberg read, as the preview prints it."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat(timespec="microseconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    return [as_json(inner) for inner in value] if isinstance(value, list) else value


def files(world) -> dict:
    """Every file of catalog and warehouse, byte by byte."""
    return {path: path.read_bytes() for path in sorted(world.folder.rglob("*"))
            if path.is_file() and path.suffix != ".yaml"}


def place(row: dict) -> tuple[int, int]:
    return row["kafka_partition"], row["kafka_offset"]


def preview(world, file, expect: int = 0, *more) -> dict:
    ended = program.run("preview", "stream", world.stream, "-f", file, "-o", "json", *more)
    assert ended.code == expect, str(ended)
    return json.loads(ended.out)


def produce_some_bad(world, count: int) -> None:
    """Every ninth message is no good, in turn in one of these ways."""
    produce(world, [order(number) for number in range(count)])
    bad = [b"{", b"[1]", b'{"id": "x"}', b'{"id": 1, "ts": "soon"}', b"\xff", b'{"id": 1} {}']
    Source(world.broker.address, world.topic).send(
        [Message(bad[number % len(bad)], partition=number % 3) for number in range(count // 9)])


def test_a_preview_is_what_run_then_writes(world):
    produce_some_bad(world, 120)
    file = documents(world, mapping_of(world))
    shown = preview(world, file, 0, "--samples", 1000)
    assert untouched(world)
    assert shown["table"] == {"exists": False, "differences": []} and shown["mapping_from"] == "document"
    program.run_to_end(file)

    rows = sorted(world.lake.read(world.table), key=place)
    assert [as_json(row) for row in rows] == sorted(shown["rows"], key=place)
    errors = sorted((row["kafka_partition"], row["kafka_offset"], row["error_code"], row["error_path"], row["error_message"])
                    for row in world.lake.read(world.errors_table))
    assert errors == sorted((error["partition"], error["offset"], error["code"], error["path"], error["message"])
                            for error in shown["errors"])
    assert shown["counts"] == {"rows": len(rows), "errors": len(errors), "nulls": 0} and errors

    before, offsets = files(world), group(world)
    again = preview(world, file, 0, "--samples", 1000)
    assert again["table"] == {"exists": True, "differences": []} and again["rows"] == shown["rows"]
    other = mapping_of(world)
    other["columns"][0]["type"] = "string"
    [difference] = preview(world, documents(world, other), 2)["table"]["differences"]
    assert "id" in difference
    assert files(world) == before
    assert group(world) == offsets


def mapping_of(world) -> dict:
    ended = program.run("infer", "stream", world.stream, "-f", documents(world), "-o", "json")
    mapping = json.loads(ended.out)["mapping"]
    for column in mapping["columns"]:
        if column["name"] == "id":  # what the bad messages make of it
            column.update(type="long")
            column.pop("parse", None)
        if column["name"] == "ts":
            column.update(type="timestamptz", parse="unix_millis")
    return mapping


def test_a_stream_without_mapping_reads_by_its_table(world):
    """Two runs, and between them messages from which another mapping would be inferred."""
    produce(world, [order(number) for number in range(60)])
    file = documents(world, {})
    shown = preview(world, file)
    assert shown["mapping_from"] == "sample" and untouched(world)
    program.run_to_end(file)
    kept = json.loads(world.lake.metadata(world.table)["properties"]["frazil.mapping"])
    assert kept == shown["mapping"]

    Source(world.broker.address, world.topic).send(
        [Message(json.dumps({**order(number), "new": 1}).encode()) for number in range(60, 80)] +
        [Message(json.dumps({**order(number), "ts": "2026-01-01"}).encode()) for number in range(80, 200)])
    assert preview(world, file)["mapping_from"] == "table"
    program.run_to_end(file)
    rows = sorted(world.lake.read(world.table), key=lambda row: row["id"])
    assert [row["id"] for row in rows] == list(range(80))
    assert all(row["ts"] == datetime.datetime.fromtimestamp(order(row["id"])["ts"] / 1000, datetime.timezone.utc)
               for row in rows)
    assert {row["error_path"] for row in world.lake.read(world.errors_table)} == {"/ts"}
    assert json.loads(world.lake.metadata(world.table)["properties"]["frazil.mapping"]) == kept
    assert program.run("audit", "stream", world.stream, "-f", file).code == 0


def test_an_empty_topic_gives_nothing(world):
    world.create_topic()
    ended = program.run("infer", "stream", world.stream, "-f", documents(world))
    assert ended.code == 1 and "TOPIC_EMPTY" in ended.err, str(ended)
    ended = program.run_to_end(documents(world, {}), expect=1)
    assert "TOPIC_EMPTY" in ended.err and world.lake.metadata(world.table) is None, str(ended)
