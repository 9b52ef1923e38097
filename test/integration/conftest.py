"""What the tests share: one broker for the session, a world with a topic and a lake for each test."""
import dataclasses
import itertools
import os
import pathlib
import re
import signal

import pytest

import program
from auditor import Knowledge, audit, audit_history
from kafka_broker import Broker
from lake import Lake
from waiting import wait_for

pytest.register_assert_rewrite("auditor", "program", "waiting")


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="more seeds, more kills")
    parser.addoption("--kills", type=int, help="SIGKILLs per seed")
    parser.addoption("--seed", type=int, help="this seed instead of the ones that are there")


def pytest_collection_modifyitems(config, items):
    """Tests marked `long` belong to the long runs only."""
    if config.getoption("long"):
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_generate_tests(metafunc):
    """A test that takes `seed` runs once per seed; with --long it runs for more of them."""
    if "seed" in metafunc.fixturenames:
        chosen, long_run = metafunc.config.getoption("seed"), metafunc.config.getoption("long")
        seeds = [chosen] if chosen is not None else list(range(1, 6)) if long_run else [1]
        metafunc.parametrize("seed", seeds)


@pytest.fixture(scope="session", autouse=True)
def nothing_left_behind():
    yield
    try:
        wait_for("all processes have ended", lambda: not program.left_behind(), limit=20)
    except AssertionError:
        left = program.left_behind()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        pytest.fail(f"processes were left behind: {left}")


@pytest.fixture(scope="session")
def broker(nothing_left_behind, tmp_path_factory):
    broker = Broker(tmp_path_factory.mktemp("kafka"), secure=True).start()
    yield broker
    broker.stop()


@pytest.fixture
def own_broker(nothing_left_behind, tmp_path):
    """For tests that stop it."""
    broker = Broker(tmp_path / "kafka").start()
    yield broker
    broker.stop()


_numbers = itertools.count(1)


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

    def wait_until_caught_up(self, running: program.Running) -> None:
        running.wait_for("the stream has caught up", self.caught_up)

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


@pytest.fixture
def world(broker, tmp_path, request) -> World:
    """The topic is not created yet."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:60]
    return World(broker, f"{name}-{next(_numbers)}", tmp_path / "world")
