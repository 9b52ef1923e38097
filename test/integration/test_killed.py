"""SIGKILL at any moment, frozen processes, two at once: every offset once and only once, whatever dies whenever."""
import pathlib
import random
import time

import pytest

from load import ALL_METADATA, COLUMNS, Load
from program import Running
from waiting import LIMIT, wait_for

PARTITIONS = 4


@pytest.fixture
def kills(request) -> int:
    return request.config.getoption("kills") or (100 if request.config.getoption("long") else 25)


class Moments:
    """Seeded moments in the life of a process: after some time, or as soon as a certain file appears."""

    # Files of the target and of the errors table, in the order in which an epoch makes them.
    FILES = ["orders/data/*.parquet", "orders__errors/data/*.parquet", "orders__errors/metadata/*.avro",
             "orders/metadata/*.avro", "orders/metadata/*.metadata.json", "orders__errors/metadata/*.metadata.json"]

    def __init__(self, world, seed: int):
        self._world = world
        self._random = random.Random(seed)
        self._first_commit = 1.0  # seconds from start to first commit, on this machine, as last seen

    def measure(self, running: Running) -> None:
        before, start = self._world.position(), time.monotonic()
        running.wait_for("a commit", lambda: self._world.position() != before)
        self._first_commit = time.monotonic() - start

    def wait(self, running: Running) -> str:
        """Returns what it waited for. A moment that does not come is none; `running` lives on all the same."""
        if self._random.random() < 0.4:
            seconds = self._random.uniform(0, 2 * self._first_commit)
            time.sleep(seconds)
            return f"{seconds:.3f} s"
        pattern = self._random.choice(self.FILES)
        skip = self._random.randrange(3)
        known = self._files(pattern)
        running.wait_for(f"a new {pattern}", lambda: len(self._files(pattern) - known) > skip)
        return f"{skip + 1} new {pattern}"

    def _files(self, pattern: str) -> set[pathlib.Path]:
        return set((self._world.lake.warehouse / "ingest").glob(pattern))


def test_killed_at_random_moments(world, seed, kills):
    world.create_topic(PARTITIONS)
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA, interval="100ms")
    moments = Moments(world, seed)
    at, moved = [], 0
    with Load(world.broker.address, world.knowledge, PARTITIONS, seed):
        for _ in range(kills):
            before = world.position()
            with Running(file) as running:
                if not at:
                    moments.measure(running)
                at.append(moments.wait(running))
                assert running.code is None, f"it ended by itself with {running.code}\n{running.log}"
                running.kill()
            moved += world.position() != before
    with Running(file) as running:
        world.wait_until_caught_up(running)
        running.stop()
    print(f"killed at: {at}")
    assert moved >= kills // 4, f"only {moved} of {kills} processes got to a commit: nothing was proven"
    world.audit()
    world.audit(engine="duckdb", history=False)


def freeze_outside_a_transaction(world, running: Running) -> None:
    """Frozen inside SQLite's lock nobody could commit, and there would be nothing to see."""
    def frozen_and_free() -> bool:
        running.freeze()
        if not world.lake.locked():
            return True
        running.wake()
        return False
    wait_for("frozen while the catalog is free", frozen_and_free)


def test_a_frozen_process_wakes_beside_its_successor(world, seed):
    world.create_topic(PARTITIONS)
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA, interval="100ms")
    moments = Moments(world, seed)
    with Load(world.broker.address, world.knowledge, PARTITIONS, seed) as load, \
            Running(file) as first, Running(file) as second:
        moments.measure(first)
        workers = [first, second]
        for _ in range(4):
            frozen, other = workers
            moments.wait(frozen)
            freeze_outside_a_transaction(world, frozen)
            before = world.lake.commits(world.table, world.stream)[-1].n
            other.wait_for("the other one takes over",
                           lambda: world.lake.commits(world.table, world.stream)[-1].n >= before + 3)
            frozen.wake()
            moments.wait(other)
            workers.reverse()
        load.stop()
        world.wait_until_caught_up(first)
        first.stop()
        second.stop()
    world.audit()


def test_two_at_once_do_not_double(world, seed):
    """One works, the other stands by; when the first is killed, the other goes on."""
    world.create_topic(PARTITIONS)
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA, interval="100ms")
    with Load(world.broker.address, world.knowledge, PARTITIONS, seed) as load, \
            Running(file) as first, Running(file) as second:
        def commits() -> int:
            return len(world.lake.commits(world.table, world.stream))
        first.wait_for("some commits", lambda: commits() > 5)
        wait_for("one of them stands by", lambda: "STANDBY" in first.log + second.log or
                 "ANOTHER_WRITER" in first.log + second.log)
        assert (first.code, second.code) == (None, None)
        first.kill()
        before = commits()
        second.wait_for("it goes on alone", lambda: commits() > before + 3)
        load.stop()
        world.wait_until_caught_up(second)
        second.stop()
    world.audit()


def test_sigterm_commits_and_ends_with_0_and_a_restart_goes_on(world, seed):
    world.create_topic(PARTITIONS)
    file = world.write_spec(COLUMNS, metadata_columns=ALL_METADATA)
    with Load(world.broker.address, world.knowledge, PARTITIONS, seed) as load:
        for _ in range(3):
            with Running(file) as running:
                before = world.position()
                running.wait_for("a commit", lambda: world.position() != before)
                running.stop()
        load.stop()
    with Running(file) as running:
        world.wait_until_caught_up(running)
        running.stop()
    world.audit()


def test_sigterm_during_the_start_ends_with_0(world, seed):
    world.create_topic()
    file = world.write_spec(COLUMNS)
    draw = random.Random(seed)
    start = time.monotonic()
    with Running(file) as running:
        running.wait_for("the position is in the table", world.position)
        whole = time.monotonic() - start
        running.stop()
    for _ in range(4):
        with Running(file) as running:
            # Before its handler is set, a signal ends any program by that signal.
            running.wait_for("its handler is set", running.handles_sigterm)
            time.sleep(draw.uniform(0, whole))
            running.stop()


def test_a_second_sigterm_ends_it_at_once(world, own_broker):
    """The broker is gone, so that nothing can end in order."""
    world.broker = own_broker
    world.create_topic()
    with Running(world.write_spec(COLUMNS)) as running:
        running.wait_for("the position is in the table", world.position)
        own_broker.kill()
        running.terminate()
        running.terminate()
        running.wait_for_end(LIMIT)


def test_an_idle_stream_takes_hardly_any_cpu(world, seed):
    world.create_topic(PARTITIONS)
    with Load(world.broker.address, world.knowledge, PARTITIONS, seed), Running(world.write_spec(COLUMNS)) as running:
        running.wait_for("commits", lambda: len(world.lake.commits(world.table, world.stream)) > 2)
    with Running(world.write_spec(COLUMNS)) as running:
        world.wait_until_caught_up(running)
        commits = world.lake.commits(world.table, world.stream)

        def quiet() -> bool:
            before, start = running.cpu_seconds(), time.monotonic()
            time.sleep(5)
            return running.cpu_seconds() - before < 0.1 * (time.monotonic() - start)
        running.wait_for("less than a tenth of a core over 5 s", quiet)
        assert world.lake.commits(world.table, world.stream) == commits, "an idle stream makes no snapshots"
        running.stop()
