"""A reader of a topic of its own. A producer may write a batch twice when its broker goes in the middle, idempotent or not,
and then knows of one place only: what stands at the other is known to who reads along, compaction and all."""
import dataclasses
import queue
import threading

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from auditor import Knowledge
from produce import Message, Place


class Witness:
    """Reads what is committed, in the background."""

    def __init__(self, address: str, knowledge: Knowledge):
        self._knowledge = knowledge
        self._consumer = Consumer({"bootstrap.servers": address, "group.id": "witness", "enable.auto.commit": False,
                                   "isolation.level": "read_committed", "log_level": 2,
                                   "allow.auto.create.topics": False})
        self._asked: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        self._seen: dict[Place, tuple] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def follow(self, partitions: list[int]) -> None:
        self._asked.put(partitions)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        followed: set[int] = set()
        while not self._stop.is_set():
            while not self._asked.empty():
                fresh = set(self._asked.get()) - followed
                followed |= fresh
                places = [TopicPartition(self._knowledge.topic, partition, OFFSET_BEGINNING) for partition in fresh]
                if places:
                    self._consumer.incremental_assign(places)
            for message in self._consumer.consume(1000, timeout=0.2):
                if message.error() is None:
                    self._seen[message.partition(), message.offset()] = (
                        message.partition(), message.timestamp()[1], message.key(), message.value())
        self._consumer.close()

    def tell_of_copies(self) -> int:
        """Adds to the knowledge what was seen at places that no producer knows. Nothing but copies: how many."""
        known = {_content(one.message): one for one in self._knowledge.messages.values()}
        copies = [dataclasses.replace(known[content], message=dataclasses.replace(known[content].message, offset=place[1]))
                  for place, content in self._seen.items() if place not in self._knowledge.messages and content in known]
        self._knowledge.add_all(copies)
        return len(copies)


def _content(message: Message) -> tuple:
    return message.partition, message.timestamp_ms, message.key, message.value
