#!/usr/bin/env python3
"""Writes the golden files beside it: log segments of a real Kafka, and what librdkafka reads in them.

    .deps/readers/bin/python src/wire/testdata/log/make_golden.py

  rdkafka-CODEC.log   record batches that librdkafka compressed
  java-CODEC.log      record batches that the broker, which is Java, compressed by itself
  append-time.log     a topic of message.timestamp.type=LogAppendTime
  transactions.log    committed, aborted and interleaved transactions, and messages without one between them
  compacted.log       the same after the log cleaner went over it: gaps, tombstones, delete horizons, emptied batches
  expected.json       per file: the end of the log, the aborted transactions as the broker's index has them
                      (producer id, first offset), and the messages that a read_committed and a read_uncommitted
                      consumer gets: offset, timestamp, key, value, headers, bytes in hexadecimal digits
                      ("204800 times 78": one byte, repeated)
"""

import json
import os
import pathlib
import struct
import subprocess
import tempfile
import time

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

HERE = pathlib.Path(__file__).resolve().parent
KAFKA = HERE.parents[3] / "test" / "kafka" / "kafka.sh"
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
PROPERTIES = "log.cleaner.backoff.ms=200\nlog.cleaner.threads=1\nlog.initial.task.delay.ms=100"


class Broker:
    def __init__(self, folder: str):
        self.folder = folder
        self.address = self.run("start", folder)

    @staticmethod
    def run(*args: str) -> str:
        environment = dict(os.environ, KAFKA_PROPS=PROPERTIES)
        return subprocess.run([str(KAFKA), *args], env=environment, check=True, capture_output=True, text=True).stdout.strip()

    def topic(self, name: str, *settings: str) -> None:
        self.run("topic", self.folder, name, "1", *settings)

    def producer(self, **settings: object) -> Producer:
        named = {key.replace("_", "."): value for key, value in settings.items()}
        return Producer({"bootstrap.servers": self.address, "linger.ms": 200, **named})

    def segments(self, topic: str, suffix: str) -> list[pathlib.Path]:
        return sorted((pathlib.Path(self.folder) / "data" / f"{topic}-0").glob(f"*.{suffix}"))

    def read(self, topic: str, isolation: str) -> list[dict]:
        consumer = Consumer({"bootstrap.servers": self.address, "group.id": "golden", "isolation.level": isolation,
                             "enable.partition.eof": True, "enable.auto.commit": False})
        consumer.assign([TopicPartition(topic, 0, 0)])
        records = []
        while True:
            message = consumer.poll(20)
            if message is None:
                raise TimeoutError(f"{topic} does not end")
            if message.error():
                if message.error().code() == KafkaError._PARTITION_EOF:
                    break
                raise RuntimeError(message.error())
            records.append({
                "offset": message.offset(), "timestamp": message.timestamp()[1],
                "key": digits(message.key()), "value": digits(message.value()),
                "headers": [[name, digits(value)] for name, value in message.headers() or []]})
        consumer.close()
        return records

    def end(self, topic: str) -> int:
        consumer = Consumer({"bootstrap.servers": self.address, "group.id": "golden"})
        end = consumer.get_watermark_offsets(TopicPartition(topic, 0))[1]
        consumer.close()
        return end


def digits(value: bytes | None) -> str | None:
    if value and len(value) > 1000 and value == value[:1] * len(value):
        return f"{len(value)} times {value[:1].hex()}"
    return None if value is None else value.hex()


def send_variety(producer: Producer, topic: str) -> None:
    """Two batches: keys and values that are null, empty, small and larger, with and without headers."""
    for batch in range(2):
        for i in range(12):
            producer.produce(
                topic, key=None if i % 4 == 3 else f"key-{i}" if i % 4 else b"",
                value=None if i == 5 else b"" if i == 6 else f'{{"order_id":{i},"city":"Kraków","batch":{batch}}}' * (i % 3 + 1),
                timestamp=1_767_225_600_000 + 1000 * i - batch,
                headers=[] if i % 3 else [("trace", f"{i:032x}"), ("empty", b""), ("null", None)])
        producer.flush()
    producer.produce(topic, value=b"x" * (200 << 10 if topic.endswith(CODECS[1:]) else 10))
    producer.flush()


def transact(producer: Producer, topic: str, keys: str, commit: bool, value: str | None = "v") -> None:
    producer.begin_transaction()
    for key in keys:
        producer.produce(topic, key=key, value=None if value is None else f"{value}-{key}")
    producer.flush()
    producer.commit_transaction() if commit else producer.abort_transaction()


def transactional(broker: Broker, name: str) -> Producer:
    producer = broker.producer(transactional_id=name)
    producer.init_transactions()
    return producer


def make_transactions(broker: Broker, topic: str) -> None:
    plain = broker.producer(compression_type="lz4")
    one, two = transactional(broker, f"{topic}-one"), transactional(broker, f"{topic}-two")
    plain.produce(topic, key="plain", value="first")
    plain.flush()
    transact(one, topic, "abc", commit=True)
    transact(one, topic, "de", commit=False)
    for producer, key in ((one, "f"), (two, "g"), (one, "h"), (two, "i")):  # interleaved
        if key in "fg":
            producer.begin_transaction()
        producer.produce(topic, key=key, value=f"interleaved-{key}")
        producer.flush()
    plain.produce(topic, key="plain", value="between")
    plain.flush()
    two.abort_transaction()
    one.produce(topic, key="j", value="after the other's abort")
    one.commit_transaction()
    transact(two, topic, "k", commit=True)
    transact(two, topic, "l", commit=False)
    plain.produce(topic, key="plain", value="last")
    plain.flush()


def make_compacted(broker: Broker, topic: str) -> None:
    broker.topic(topic, "cleanup.policy=compact", "segment.ms=300", "min.cleanable.dirty.ratio=0.01",
                 "delete.retention.ms=3600000", "min.compaction.lag.ms=0", "compression.type=zstd")
    plain = broker.producer(enable_idempotence=True)
    once = broker.producer(enable_idempotence=True)
    txn = transactional(broker, topic)
    def send(producer: Producer, keys: str, value: str | None) -> None:
        for key in keys:
            producer.produce(topic, key=key, value=None if value is None else f"{value}-{key}")
        producer.flush()
        time.sleep(0.5)  # so that the next message begins a segment
    send(plain, "abcdefghij", "first")
    send(once, "abc", "emptied")
    transact(txn, topic, "abcxy", commit=True, value="committed")
    time.sleep(0.5)
    transact(txn, topic, "dez", commit=False, value="aborted")
    time.sleep(0.5)
    send(plain, "bdf", None)
    send(plain, "acegi", "second")
    transact(txn, topic, "xz", commit=True, value="again")
    time.sleep(0.5)
    send(plain, "a", "last")
    send(plain, "xy", "active")
    time.sleep(4)  # for the cleaner; the tests look for what it leaves behind


def aborted(broker: Broker, topic: str) -> list[list[int]]:
    """The transaction index: entries of version, producer id, first and last offset, last stable offset."""
    found = []
    for path in broker.segments(topic, "txnindex"):
        for _version, producer_id, first, _last, _stable in struct.iter_unpack(">hqqqq", path.read_bytes()):
            found.append([producer_id, first])
    return found


def main() -> None:
    topics = []
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(folder)
        try:
            for codec in CODECS:
                broker.topic(f"rdkafka-{codec}", "compression.type=producer")
                send_variety(broker.producer(compression_type=codec), f"rdkafka-{codec}")
                topics.append(f"rdkafka-{codec}")
            for codec in CODECS[1:]:
                broker.topic(f"java-{codec}", f"compression.type={codec}")
                send_variety(broker.producer(), f"java-{codec}")
                topics.append(f"java-{codec}")
            broker.topic("append-time", "message.timestamp.type=LogAppendTime")
            send_variety(broker.producer(compression_type="lz4"), "append-time")
            broker.topic("transactions")
            make_transactions(broker, "transactions")
            make_compacted(broker, "compacted")
            topics += ["append-time", "transactions", "compacted"]
            expected = {}
            for topic in topics:
                (HERE / f"{topic}.log").write_bytes(b"".join(path.read_bytes() for path in broker.segments(topic, "log")))
                expected[topic] = {"end": broker.end(topic), "aborted": aborted(broker, topic),
                                   "committed": broker.read(topic, "read_committed"),
                                   "uncommitted": broker.read(topic, "read_uncommitted")}
        finally:
            broker.run("stop", folder)
    lines = [f"{json.dumps(topic)}: {json.dumps(value)}" for topic, value in expected.items()]
    (HERE / "expected.json").write_text("{" + ",\n".join(lines) + "}\n")


if __name__ == "__main__":
    main()
