"""Items: messages for tables of others, whose columns are in no special order."""
import json
from typing import Any

from produce import Message, Source
from program import run_to_end

COLUMNS = [{"name": "id", "type": "long", "required": True}, {"name": "name", "type": "string"},
           {"name": "total", "type": "double"}, {"name": "place", "type": "struct<street: string, floor: int>"}]


def item(number: int) -> dict[str, Any]:
    return {"id": number, "name": f"item {number}", "total": number + 0.1,
            "place": {"street": f"street {number}", "floor": -number}}


def append_items(world, *numbers: int, columns: list[dict] = COLUMNS, metadata_columns: tuple[str, ...] = (), **stream) -> None:
    """By way of the topic, which is there with the first of them, and the stream."""
    if not world.knowledge.messages:
        world.create_topic()
    sent = Source(world.broker.address, world.topic).send(Message(json.dumps(item(number)).encode()) for number in numbers)
    world.knowledge.messages |= {message.place: message for message in sent}
    run_to_end(world.write_spec(columns, metadata_columns=list(metadata_columns), **stream))


def rows(read: list[dict[str, Any]], *columns: str) -> list[tuple]:
    """By id."""
    return sorted((tuple(row[column] for column in columns) for row in read), key=lambda row: row[0])
