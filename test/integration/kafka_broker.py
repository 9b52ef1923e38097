"""A real Kafka: started by test/kafka/kafka.sh, driven through its admin protocol."""
import functools
import os
import pathlib
import subprocess

from confluent_kafka import (OFFSET_BEGINNING, Consumer, ElectionType, IsolationLevel, KafkaError, KafkaException,
                             TopicPartition)
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ClusterMetadata, ConfigEntry, ConfigResource,
                                   NewPartitions, NewTopic, OffsetSpec, TopicMetadata)

from waiting import LIMIT, wait_for

KAFKA_SH = pathlib.Path(__file__).resolve().parent.parent / "kafka/kafka.sh"

# Compaction soon after it is due; nothing is deleted for its age, for messages here have times of long ago.
PROPERTIES = """\
log.cleaner.backoff.ms=200
log.retention.ms=-1
"""

# What a node answers, or is not asked for, until it and the client know of a new leader.
LEADER_MOVES = {KafkaError.UNKNOWN_LEADER_EPOCH, KafkaError.FENCED_LEADER_EPOCH, KafkaError.NOT_LEADER_FOR_PARTITION,
                KafkaError.LEADER_NOT_AVAILABLE}

# What a client says whose question got no answer.
NODE_SILENT = {KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN}
NODE_LIMIT = 5.0  # seconds for one question of one node

USER, PASSWORD = "frazil", "pizza margherita"


class Broker:
    replicas = 1  # of every topic
    login: dict[str, str] = {}  # what its clients need, in librdkafka's words

    def __init__(self, folder: pathlib.Path, secure: bool = False, version: str = ""):
        """With a version: an older one, as kafka.sh says."""
        self.folder = folder
        self._settings = {"KAFKA_PROPS": PROPERTIES, "KAFKA_VERSION": version}
        if secure:
            self._settings["KAFKA_SECURE"] = "1"
        self.address = ""

    def start(self) -> "Broker":
        self.address = self._script("start")
        return self

    def stop(self) -> None:
        self._script("stop")

    def kill(self) -> None:
        self._script("kill")

    def listener(self, name: str) -> str:
        """host:port of tls, sasl or sasl_tls."""
        return self._script("addr", name)

    def tls_file(self, name: str) -> str:
        return str(self.folder / "tls" / name)

    def _script(self, command: str, *arguments: str) -> str:
        environment = os.environ | {"KAFKA_OWNER": str(os.getpid())} | self._settings
        done = subprocess.run([KAFKA_SH, command, self.folder, *arguments], env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == 0, f"kafka.sh {command}: {done.stderr}"
        return done.stdout.strip()

    @functools.cached_property
    def _admin(self) -> AdminClient:  # its answers end with it, so it is kept
        return AdminClient({"bootstrap.servers": self.address, "log_level": 0} | self.login)

    def create_topic(self, name: str, partitions: int = 1, **config: str) -> str:
        settings = {key.replace("_", "."): value for key, value in config.items()}
        self._admin.create_topics([NewTopic(name, partitions, self.replicas, config=settings)])[name].result(LIMIT)
        self._wait_for_partitions(name, partitions)
        return name

    def configure_topic(self, name: str, **config: str) -> None:
        changes = [ConfigEntry(key.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
                   for key, value in config.items()]
        resource = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=changes)
        self._admin.incremental_alter_configs([resource])[resource].result(LIMIT)

    def add_partitions(self, name: str, total: int) -> None:
        self._admin.create_partitions([NewPartitions(name, total)])[name].result(LIMIT)
        self._wait_for_partitions(name, total)

    def delete_topic(self, name: str) -> None:
        self._admin.delete_topics([name])[name].result(LIMIT)
        wait_for(f"topic {name} is gone", lambda: name not in self._metadata(None).topics)

    def delete_records(self, name: str, before: dict[int, int]) -> None:
        """Moves the log start of each partition."""
        places = [TopicPartition(name, partition, offset) for partition, offset in before.items()]
        for future in self._admin.delete_records(places).values():
            future.result(LIMIT)

    def _wait_for_partitions(self, name: str, count: int) -> None:
        def ready() -> bool:
            topic = self._topic(name)
            return len(topic.partitions) == count and all(p.leader >= 0 for p in topic.partitions.values())
        wait_for(f"topic {name} has {count} partitions with leaders", ready)

    def partitions(self, name: str) -> list[int]:
        return sorted(self._topic(name).partitions)

    def _topic(self, name: str) -> TopicMetadata:
        return self._metadata(name).topics[name]

    def _metadata(self, name: str | None) -> ClusterMetadata:
        """Of one topic, or all. The client asks one node, which may have died, and does not ask another by itself."""
        def told() -> ClusterMetadata | None:
            try:
                return self._admin.list_topics(name, timeout=NODE_LIMIT)
            except KafkaException as error:
                if error.args[0].code() not in NODE_SILENT:
                    raise
                return None
        return wait_for("a node tells its metadata", told)

    def ends(self, name: str) -> dict[int, int]:
        """The end of every partition, once no transaction is open any more."""
        def settled() -> dict[int, int] | None:
            ends = self.stable_ends(name)
            open_ones = any(stable != end for stable, end in ends.values())
            return None if open_ones else {partition: end for partition, (_, end) in ends.items()}
        return wait_for(lambda: f"the transactions of {name} are decided: {self.stable_ends(name)}", settled)

    def stable_ends(self, name: str) -> dict[int, tuple[int, int]]:
        """The last stable offset of every partition, and its end."""
        partitions = self.partitions(name)
        stable = self._latest(name, partitions, IsolationLevel.READ_COMMITTED)
        ends = self._latest(name, partitions, IsolationLevel.READ_UNCOMMITTED)
        return {partition: (stable[partition], end) for partition, end in ends.items()}

    def _latest(self, name: str, partitions: list[int], level: IsolationLevel) -> dict[int, int]:
        request = {TopicPartition(name, partition): OffsetSpec.latest() for partition in partitions}

        def told() -> dict[int, int] | None:
            answers = self._admin.list_offsets(request, isolation_level=level)
            try:
                return {place.partition: future.result(LIMIT).offset for place, future in answers.items()}
            except KafkaException as error:
                if error.args[0].code() not in LEADER_MOVES:
                    raise
                return None
        return wait_for(f"the leaders of {name} tell their ends", told)

    def commit_group(self, group: str, name: str, offsets: dict[int, int]) -> None:
        """Puts a consumer group at these offsets."""
        consumer = Consumer({"bootstrap.servers": self.address, "group.id": group})
        consumer.commit(offsets=[TopicPartition(name, p, o) for p, o in offsets.items()], asynchronous=False)
        consumer.close()

    def group_offsets(self, group: str, name: str) -> dict[int, int]:
        """Where a consumer group stands; partitions without an offset are left out."""
        consumer = Consumer({"bootstrap.servers": self.address, "group.id": group})
        try:
            places = consumer.committed([TopicPartition(name, p) for p in self.partitions(name)], timeout=LIMIT)
        finally:
            consumer.close()
        return {place.partition: place.offset for place in places if place.offset >= 0}

    def offsets_delivered(self, name: str, partition: int) -> list[int]:
        """Which offsets a reader of committed messages gets, from the beginning to the end of now."""
        end = self.ends(name)[partition]
        consumer = Consumer({"bootstrap.servers": self.address, "group.id": "looker", "enable.auto.commit": False,
                             "isolation.level": "read_committed", "enable.partition.eof": True,
                             "auto.offset.reset": "earliest", "fetch.wait.max.ms": 50})
        consumer.assign([TopicPartition(name, partition, OFFSET_BEGINNING)])
        offsets: list[int] = []
        try:
            while not offsets or offsets[-1] < end - 1:
                message = consumer.poll(LIMIT)
                assert message is not None, f"nothing came of {name} after {offsets[-1:]}"
                if message.error():
                    assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                    break
                offsets.append(message.offset())
        finally:
            consumer.close()
        return offsets


class Cluster(Broker):
    """Several brokers. `address` names them all, `nodes[0]` is the one whose id is 1."""

    def __init__(self, folder: pathlib.Path, count: int = 3):
        super().__init__(folder)
        self.replicas = count
        self.nodes = [Broker(folder / str(number)) for number in range(1, count + 1)]

    def start(self) -> "Cluster":
        self.address = self._script("cluster", str(len(self.nodes)))
        return self

    def stop(self) -> None:
        raise NotImplementedError("the last ones of a cluster cannot stop in order")

    def kill(self) -> None:
        for node in self.nodes:
            node.kill()

    def create_spread_topic(self, name: str, replicas: list[list[int]], **config: str) -> None:
        """With these nodes for each partition, the preferred leader first."""
        settings = {key.replace("_", "."): value for key, value in config.items()}
        wanted = NewTopic(name, len(replicas), replica_assignment=replicas, config=settings)
        self._admin.create_topics([wanted])[name].result(LIMIT)
        self._wait_for_partitions(name, len(replicas))

    def leaders(self, name: str) -> dict[int, int]:
        """-1 while a partition has none."""
        return {partition: one.leader for partition, one in self._topic(name).partitions.items()}

    def in_sync(self, name: str) -> dict[int, set[int]]:
        return {partition: set(one.isrs) for partition, one in self._topic(name).partitions.items()}

    def elect_preferred_leaders(self, name: str) -> None:
        places = [TopicPartition(name, partition) for partition in self.partitions(name)]
        self._admin.elect_leaders(ElectionType.PREFERRED, places).result(LIMIT)
