"""Looking at a topic: samples, and a mapping inferred from them that reads all of it. Nothing is written."""
import datetime
import json

import program
from produce import Message, Source


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
    """The stream's file, with this mapping."""
    document = program.stream(world.topic, [{"name": "id", "type": "long"}], world.stream, world.table, **stream)
    if mapping is not None:
        document["spec"]["mapping"] = mapping
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
    return not world.lake.database.exists() and not world.lake.warehouse.exists() and \
        not world.broker.group_offsets(f"frazil.{world.stream}", world.topic)


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


def test_a_sample_shows_messages_of_all_partitions(world):
    produce(world, [order(number) for number in range(30)])
    ended = program.run("sample", "stream", world.stream, "-f", documents(world), "--samples", 6, "-o", "json")
    assert ended.code == 0, str(ended)
    messages = [json.loads(line) for line in ended.out.splitlines()]
    assert [(message["partition"], message["offset"]) for message in messages] == [(p, o) for p in range(3) for o in (0, 9)]
    assert messages[0]["key"] == "k" and messages[0]["headers"] == [{"key": "trace", "value": {"hex": "ff"}}]
    assert json.loads(messages[0]["value"]) == order(0)
    assert untouched(world)


def test_an_empty_topic_gives_nothing(world):
    world.create_topic()
    ended = program.run("infer", "stream", world.stream, "-f", documents(world))
    assert ended.code == 1 and "TOPIC_EMPTY" in ended.err, str(ended)
