"""A topic that holds whatever topics hold, drawn from a seed, and the knowledge of it."""
import concurrent.futures
import dataclasses
import random
import time

from auditor import Expected, Kind, Knowledge
from kafka_broker import Broker
from load import FIRST_MS, Orders, placed
from produce import Source
from waiting import wait_for

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
COMPACTED = (0, 1, 2)  # partitions that begin with a compacted part
PARTITIONS = 6         # the last one stays empty
MOST_BATCHES = 300     # sent at once
OPEN = 1               # the partition that may end in an open transaction


class RandomTopic:
    """Batches of one message to a megabyte in every codec; keys, values and headers of every form; transactions
    that are committed, aborted and interleaved; holes in batches and batches without messages, by compaction; a log
    that begins in the middle of a batch."""

    def __init__(self, broker: Broker, knowledge: Knowledge, seed: int, count: int):
        """`count`: about so many messages in all that is drawn."""
        self._broker, self._knowledge = broker, knowledge
        self._random = random.Random(seed)
        self._piece = max(100, count // 100)
        self._huge = 12  # messages that may still be so
        self._orders = Orders(seed, bad=0.25, nulls=0.05)
        self._closers = 0
        self._open: tuple[Source, list[Expected]] | None = None
        broker.create_topic(knowledge.topic, PARTITIONS, cleanup_policy="compact", segment_ms="1000",
                            min_cleanable_dirty_ratio="0.001", max_compaction_lag_ms="100", delete_retention_ms="100",
                            max_message_bytes="4000000")
        self._plain = [self._source(codec) for codec in CODECS]
        self._transactional = [self._source(codec, f"{knowledge.topic}-{codec}") for codec in CODECS]

    def compacted_part(self, count: int) -> None:
        """Messages of which the cleaner takes some, once and never again."""
        keys, before = max(20, count // 8), len(self._knowledge.messages)
        for codec in CODECS:  # the last batch of a producer stays when its messages go
            self._send(self._source(codec), self._keyed(5, self._random.choice(COMPACTED), keys=5))
        while len(self._knowledge.messages) < before + count:
            fewest = min(COMPACTED, key=self._committed)
            wanted = self._keyed(min(self._size(), count // 20), fewest, keys)
            if self._random.random() < 0.2:
                self._transaction(wanted)
            else:
                self._send(self._random.choice(self._plain), wanted)
        for partition in COMPACTED:
            self._send(self._plain[0], self._keyed(5, partition, keys=5))
        self._wait_for_the_cleaner()

    def part(self, count: int) -> None:
        end = len(self._knowledge.messages) + count
        while len(self._knowledge.messages) < end:
            wanted, dice = self._draw(), self._random.random()
            if dice < 0.6:
                self._send(self._random.choice(self._plain), wanted)
            elif dice < 0.85:
                self._transaction(wanted)
            else:
                self._interleaved()

    def take_the_time_of_the_broker(self) -> None:
        """From now on messages have the time at which they were appended."""
        self._broker.configure_topic(self._knowledge.topic, message_timestamp_type="LogAppendTime")
        for source in [*self._plain, *self._transactional]:
            source.appended = True

    def leave_a_transaction_open(self) -> None:
        """What comes after it in its partition cannot be read either."""
        source = self._random.choice(self._transactional)
        self._transactional.remove(source)
        source.begin()
        self._open = source, self._sent(source, self._draw(OPEN))
        self._send(self._random.choice(self._plain), self._draw(OPEN))

    def close_the_transaction(self) -> None:
        source, sent = self._open
        self._end(source, sent)
        self._transactional.append(source)

    def delete_the_beginning(self) -> dict[int, int]:
        """Returns where the partitions begin then."""
        ends = self._broker.ends(self._knowledge.topic)
        starts = {partition: self._random.randint(0, min(40, ends[partition])) for partition in (0, 3)}
        self._broker.delete_records(self._knowledge.topic, starts)
        return {partition: 0 for partition in range(PARTITIONS)} | starts

    # --- Pieces --------------------------------------------------------------------------------------

    def _source(self, codec: str, transactional_id: str = "") -> Source:
        more = {"transaction_timeout_ms": 600_000} if transactional_id else {}
        messages, size = self._random.choice([1, 7, 100, 10_000]), self._random.choice([1000, 16_000, 1_000_000])
        source = Source(self._broker.address, self._knowledge.topic, codec, transactional_id,
                        linger_ms=self._random.choice([0, 5, 50]), batch_num_messages=messages, batch_size=size, **more)
        source.most = MOST_BATCHES * min(messages, size // 250)
        return source

    def _size(self) -> int:
        return max(1, int(self._piece ** self._random.uniform(0.2, 1.3)))

    def _send(self, source: Source, wanted: list[Expected]) -> None:
        self._knowledge.add_all(self._sent(source, wanted))

    def _sent(self, source: Source, wanted: list[Expected]) -> list[Expected]:
        """Some of them: a source of small batches takes no more at once."""
        wanted = wanted[:source.most]
        return list(placed(wanted, source.send(one.message for one in wanted)))

    def _end(self, source: Source, sent: list[Expected]) -> None:
        commit = self._random.random() < 0.6
        source.end(commit)
        self._knowledge.add_all(one if commit else Expected(one.message, Kind.ABSENT) for one in sent)

    def _transaction(self, wanted: list[Expected]) -> None:
        source = self._random.choice(self._transactional)
        source.begin()
        self._end(source, self._sent(source, wanted))

    def _interleaved(self) -> None:
        """Two transactions in the same partition, message lists in turn, ended in any order."""
        partition = self._random.randrange(PARTITIONS - 1)
        two = [(source, []) for source in self._random.sample(self._transactional, 2)]
        for source, _ in two:
            source.begin()
        for _ in range(self._random.randrange(1, 4)):
            for source, sent in two:
                sent.extend(self._sent(source, self._draw(partition)))
        self._random.shuffle(two)
        for source, sent in two:
            self._end(source, sent)

    # --- Messages --------------------------------------------------------------------------------------

    def _draw(self, partition: int | None = None) -> list[Expected]:
        if partition is None:
            partition = self._random.randrange(PARTITIONS - 1)
        if self._huge and self._random.random() < 0.1:
            self._huge -= 1
            large = Orders(self._random.randrange(1 << 30), bad=0.3, pad=self._random.randrange(100_000, 900_000))
            return large.take(1, partition)
        return [self._dress(one) for one in self._orders.take(self._size(), partition)]

    def _dress(self, one: Expected) -> Expected:
        """Some messages with a key, headers, a time, or a value, of another form."""
        draw, dice = self._random, self._random.random()
        if dice < 0.15:
            return _with(one, key=draw.choice([b"", b"\0", b"\xff\xfe", draw.randbytes(draw.randrange(3000))]))
        if dice < 0.3:
            return _with(one, headers=tuple((draw.choice(["", "a", "a", "h" * 200, "ключ"]), draw.choice(
                [None, b"", b"\0\xff", draw.randbytes(draw.randrange(1000))])) for _ in range(draw.randrange(1, 6))))
        if dice < 0.4:
            return _with(one, timestamp_ms=FIRST_MS + draw.randrange(1_000_000))
        if dice < 0.42:
            return Expected(dataclasses.replace(one.message, value=draw.choice([b"", b" ", b"\0"])), Kind.ERROR)
        return one

    def _keyed(self, count: int, partition: int, keys: int) -> list[Expected]:
        return [_with(one, key=b"%d" % self._random.randrange(keys)) for one in self._orders.take(count, partition)]

    # --- Compaction ------------------------------------------------------------------------------------

    def _wait_for_the_cleaner(self) -> None:
        topic = self._knowledge.topic
        wait_for("the cleaner has been in every partition", self._cleaned, pause=0.3)
        self._broker.configure_topic(topic, cleanup_policy="delete")
        still = wait_for("the log stands still", self._delivered_twice)
        for place, expected in self._knowledge.messages.items():
            if place[1] not in still[place[0]]:
                self._knowledge.messages[place] = Expected(expected.message, Kind.ABSENT)

    def _cleaned(self) -> bool:
        """Only closed segments are cleaned: each of these messages closes the segment before it, also one that begins
        with a transaction marker, which has the time of the day."""
        self._closers += 1
        at = int(time.time() * 1000) + 2000 * self._closers
        for partition in COMPACTED:
            closer = self._keyed(1, partition, keys=5)
            self._send(self._plain[0], [_with(one, timestamp_ms=at) for one in closer])
        delivered = self._delivered()
        return all(len(delivered[partition]) < 0.7 * self._committed(partition) for partition in COMPACTED)

    def _committed(self, partition: int) -> int:
        return sum(place[0] == partition and one.kind != Kind.ABSENT for place, one in self._knowledge.messages.items())

    def _delivered(self) -> dict[int, set[int]]:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            offsets = pool.map(lambda p: set(self._broker.offsets_delivered(self._knowledge.topic, p)), COMPACTED)
            return dict(zip(COMPACTED, offsets))

    def _delivered_twice(self) -> dict[int, set[int]] | None:
        once = self._delivered()
        return once if once == self._delivered() else None


def _with(one: Expected, **changes) -> Expected:
    return dataclasses.replace(one, message=dataclasses.replace(one.message, **changes))
