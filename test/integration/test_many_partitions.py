"""A thousand partitions of ten streams, with a backlog, in one process: every message once, in bounded memory."""
import json
import random

import pytest

from kafka_broker import Broker
from lake import Lake
from produce import Message, Source
from program import Running, catalog, connection, stream, write_documents

pytestmark = pytest.mark.long

STREAMS, PARTITIONS = 10, 100
LIMIT = 300.0
COLUMNS = [{"name": "n", "type": "long", "required": True}, {"name": "text", "type": "string"}]

TEXT = random.Random(1).randbytes(200_000).hex()  # hardly any codec makes it smaller than half


def small(number: int) -> str:
    return TEXT[number % 1000:][:150]


def large(number: int) -> str:
    return TEXT[number % 1000:][:200_000]


def repeated(number: int) -> str:
    """Becomes a twentieth, at most."""
    return TEXT[number % 1000:][:40] * 100


# Text, messages per partition, codec, and MiB of memory at most.
LOADS = {"small": (small, 200, "lz4", 256), "large": (large, 2, "none", 256), "inflating": (repeated, 60, "zstd", 256)}


def name(number: int) -> str:
    return f"many-{number}"


def produce(broker: Broker, topic: str, load: str) -> None:
    text, count, codec, _ = LOADS[load]
    broker.create_topic(topic, PARTITIONS)
    source = Source(broker.address, topic, codec, linger_ms=500, batch_size=1_000_000)
    source.send(Message(json.dumps({"n": number, "text": text(number)}).encode(), partition=partition)
                for partition in range(PARTITIONS) for number in range(count))


@pytest.mark.parametrize("load", LOADS)
def test_a_thousand_partitions_in_bounded_memory(own_broker, tmp_path, load):
    streams = [name(number) for number in range(STREAMS)]
    for topic in streams:
        produce(own_broker, topic, load)
    lake = Lake(tmp_path / "world")
    file = write_documents(lake.folder, connection(own_broker.address), catalog(),
                           *(stream(one, COLUMNS, name=one, table=f"ingest.{one.replace('-', '_')}", interval="2s", client="frazil",
                                    metadata_columns=["partition", "offset"]) for one in streams))
    count = LOADS[load][1]
    wanted = {partition: count for partition in range(PARTITIONS)}
    with Running(file) as running:
        for one in streams:
            running.wait_for(f"{one} has caught up",
                             lambda one=one: lake.position(f"ingest.{one.replace('-', '_')}", one) == wanted, LIMIT)
        cpu, peak = running.cpu_seconds(), running.peak_bytes()
        running.stop()
    print(f"{load}: {cpu:.1f} s of CPU, {peak / (1 << 20):.0f} MiB at most")
    for one in streams:
        rows = lake.read(f"ingest.{one.replace('-', '_')}", "duckdb", ("kafka_partition", "kafka_offset"))
        places = sorted((row["kafka_partition"], row["kafka_offset"]) for row in rows)
        assert places == [(partition, offset) for partition in range(PARTITIONS) for offset in range(count)]
    assert peak <= LOADS[load][3] << 20
