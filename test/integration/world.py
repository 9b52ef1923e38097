"""What a test of a stream begins with."""
import dataclasses
import pathlib

import program
from auditor import Knowledge, audit, audit_history
from kafka_broker import Broker
from lake import Lake


@dataclasses.dataclass
class World:
    """One topic, one lake, one stream between them, and the knowledge of what was produced."""
    broker: Broker
    topic: str
    folder: pathlib.Path
    stream: str = "orders"
    table: str = "ingest.orders"

    def __post_init__(self):
        self.lake = Lake(self.folder)
        self.knowledge = Knowledge(self.topic)

    @property
    def errors_table(self) -> str:
        return f"{self.table}__errors"

    def create_topic(self, partitions: int = 1, **config: str) -> "World":
        self.broker.create_topic(self.topic, partitions, **config)
        return self

    def write_spec(self, columns: list[dict], connection: dict | None = None, **stream) -> pathlib.Path:
        return program.write_documents(
            self.folder, connection or program.connection(self.broker.address), program.catalog(),
            program.stream(self.topic, columns, self.stream, self.table, **stream))

    def position(self) -> dict[int, int]:
        return self.lake.position(self.table, self.stream)

    def caught_up(self) -> bool:
        """The target has everything that the topic holds now. (The errors table may still be to follow.)"""
        ends = self.broker.ends(self.topic)
        position = self.position()
        return all(position.get(partition, 0) == end for partition, end in ends.items())

    def places(self) -> str:
        """Per partition how far the table is, the last stable offset and the end, where they differ."""
        position = self.position()
        return "; ".join(f"{partition}: at {position.get(partition, 0)} of {stable}, {end}"
                         for partition, (stable, end) in self.broker.stable_ends(self.topic).items()
                         if not position.get(partition, 0) == stable == end)

    def wait_until_caught_up(self, running: program.Running) -> None:
        running.wait_for(lambda: f"the stream has caught up: {self.places()}", self.caught_up)

    def audit(self, starts: dict[int, int] | None = None, foreign_rows: int = 0, engine: str = "pyiceberg",
              history: bool = True) -> None:
        """The stream stands still at the topic's end, and everything is where it belongs."""
        assert self.caught_up(), f"position {self.position()}, ends {self.broker.ends(self.topic)}"
        commits = self.lake.commits(self.table, self.stream)
        findings = audit(self.knowledge, self.lake.read(self.table, engine), self.lake.read(self.errors_table, engine),
                         self.position(), starts, foreign_rows, self.lake.blurred(self.table, engine))
        assert not findings, str(findings)
        if history:
            findings = audit_history(commits, self.knowledge)
            assert not findings, str(findings)
