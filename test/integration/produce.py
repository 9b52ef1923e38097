"""Messages into a topic, and where each of them came to lie."""
import dataclasses
from typing import Iterable

from confluent_kafka import Producer

from waiting import LIMIT

Headers = tuple[tuple[str, bytes | None], ...]
Place = tuple[int, int]  # partition, offset

# A fixed point in time for messages whose time does not matter.
SOME_TIME_MS = 1_700_000_000_123


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    value: bytes | None
    key: bytes | None = None
    headers: Headers = ()
    timestamp_ms: int = SOME_TIME_MS
    partition: int = 0
    offset: int = -1

    @property
    def place(self) -> Place:
        return self.partition, self.offset


class Source:
    """One producer of one topic. With `transactional_id` messages go out in transactions only. `more` are settings of librdkafka."""

    appended = False  # whether messages get the broker's time
    most = 1 << 30  # messages that it should be given at once

    def __init__(self, address: str, topic: str, codec: str = "none", transactional_id: str = "", linger_ms: int = 5,
                 **more: int):
        self.topic = topic
        settings = {"bootstrap.servers": address, "compression.type": codec, "linger.ms": linger_ms, "acks": "all",
                    "log_level": 2,  # a broker that is away is no news here
                    "enable.idempotence": True, "queue.buffering.max.messages": 1_000_000,
                    "message.max.bytes": 4_000_000} | {name.replace("_", "."): value for name, value in more.items()}
        if transactional_id:
            settings["transactional.id"] = transactional_id
        self._producer = Producer(settings)
        if transactional_id:
            self._producer.init_transactions(LIMIT)

    def send(self, messages: Iterable[Message]) -> list[Message]:
        """Sends them, waits until the broker has them all, and returns them in this order with their offsets."""
        sent: list[Message | None] = []
        for message in messages:
            self._hand_over(message, sent)
        left = self._producer.flush(LIMIT)
        assert left == 0, f"the broker has not taken {left} messages within {LIMIT:.0f} s"
        return sent

    def _hand_over(self, message: Message, sent: list) -> None:
        index = len(sent)
        sent.append(None)

        def delivered(error, report) -> None:
            assert error is None, f"not delivered: {error}"
            at = report.timestamp()[1] if self.appended else message.timestamp_ms
            sent[index] = dataclasses.replace(message, offset=report.offset(), timestamp_ms=at)

        while True:
            try:
                self._producer.produce(self.topic, value=message.value, key=message.key, partition=message.partition,
                                       timestamp=message.timestamp_ms, headers=list(message.headers) or None,
                                       on_delivery=delivered)
                return
            except BufferError:
                self._producer.poll(0.1)

    def begin(self) -> None:
        self._producer.begin_transaction()

    def end(self, commit: bool) -> None:
        if commit:
            self._producer.commit_transaction(LIMIT)
        else:
            self._producer.abort_transaction(LIMIT)

    def transaction(self, messages: Iterable[Message], commit: bool) -> list[Message]:
        self.begin()
        sent = self.send(messages)
        self.end(commit)
        return sent
