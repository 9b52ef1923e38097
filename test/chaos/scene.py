"""The stage: a broker with two topics, a lake on a small disk, three processes that are kept alive, a load on each topic."""
import contextlib
import itertools
import os
import pathlib
import threading
import time

import program
from history import History
from kafka_broker import Broker
from load import ALL_METADATA, COLUMNS, Load, Orders, produce_orders
from produce import Source
from program import Running
from tight_disk import TightDisk
from waiting import LIMIT, wait_for
from witness import Witness
from world import World

PARTITIONS = 6
UNREACHABLE = 69  # how a process ends whose first look at broker or catalog fails

# Frazil's own expiry shall have something to do, too.
TARGET = {"properties": {"history.expire.max-snapshot-age-ms": "15000", "history.expire.min-snapshots-to-keep": "5"}}


class Worker:
    """A process of a stream. `tend` starts it (again) whenever it is not there and should be, as a supervisor would."""

    def __init__(self, name: str, start, history: History):
        self._name, self._start, self._history = name, start, history
        self._down = False
        self._lock = threading.Lock()
        self._running: Running | None = None
        self._next_start = 0.0  # not sooner, that failing starts do not take all of the machine
        self.logs: list[pathlib.Path] = []

    def tend(self) -> None:
        """For one thread only: its children die with it."""
        with self._lock:
            if self._down or self._there() or time.monotonic() < self._next_start:
                return
            self._next_start = time.monotonic() + 0.5
            if self._running is not None:
                self._check_end(self._running)
            self._running = self._start()
            self.logs.append(self._running.log_file)

    def _there(self) -> bool:
        return self._running is not None and self._running.code is None

    def _check_end(self, running: Running) -> None:
        if running.code == UNREACHABLE:
            self._history.tell(self._name, "had ended: something was unreachable when it started; started again")
        else:
            assert running.code == -9, f"{self._name} has ended by itself with {running.code}\n{running.log[-6000:]}"

    def pid(self) -> int | None:
        """None: it is not there at the moment."""
        with self._lock:
            return self._running.pid if self._there() else None

    def kill(self) -> bool:
        """False: it is not there at the moment."""
        with self._lock:
            if not self._there():
                return False
            self._down = True
            self._running.kill()
            return True

    def freeze(self) -> bool:
        """False: it is not there at the moment."""
        with self._lock:
            return self._there() and self._running.freeze()

    def wake(self) -> None:
        self._running.wake()

    def may_start(self) -> None:
        self._down = False

    def stop(self) -> None:
        """SIGTERM, and no more tending."""
        with self._lock:
            self._down = True
            self._running.stop()

    def close(self) -> None:
        with self._lock:
            self._down = True
            if self._running is not None:
                self._running.kill()


class Scene:
    def __init__(self, folder: pathlib.Path, disk: TightDisk, seed: int, history: History):
        self.folder, self.disk, self.history = folder, disk, history
        self.control, self.injected_log = folder / "sqlite-faults", folder / "sqlite-faults.log"
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.broker = Broker(folder / "kafka").start()
        self.orders = World(self.broker, "orders", disk.folder / "world")
        self.latest = World(self.broker, "latest", disk.folder / "world", "latest", "ingest.latest")
        self.workers = {"orders a": self._worker("orders a", self.orders), "orders b": self._worker("orders b", self.orders),
                        "latest": self._worker("latest", self.latest)}
        self.foreign_rows = 0
        # No lower than this may a rollback go: the topic has forgotten what was before.
        self.floor: dict[int, int] = {}
        self.floor_lock = threading.Lock()
        self._seeds = itertools.count(seed * 1000)
        self._loads: list[Load] = []
        self._witnesses: list[Witness] = []

    # --- Made and taken down -----------------------------------------------------------------------

    def set_up(self) -> None:
        self.orders.create_topic(PARTITIONS)
        self.latest.create_topic(2, cleanup_policy="compact", segment_ms="500", min_cleanable_dirty_ratio="0.001",
                                 max_compaction_lag_ms="100")
        streams = [program.stream(world.topic, COLUMNS, world.stream, world.table, ALL_METADATA, interval="200ms",
                                  target=TARGET) for world in (self.orders, self.latest)]
        self.file = program.write_documents(self.orders.folder, program.connection(self.broker.address),
                                            program.catalog(), *streams)
        self._witnesses = [Witness(self.broker.address, world.knowledge) for world in (self.orders, self.latest)]
        self._witnesses[1].follow([0, 1])
        self._fill_the_compacted_topic()
        self.start_loads()

    def _fill_the_compacted_topic(self) -> None:
        """Until the cleaner has been there: some offsets are missing when the stream begins."""
        source, orders = Source(self.broker.address, self.latest.topic), Orders(next(self._seeds), keys=40)

        def cleaned() -> bool:
            produce_orders(self.latest.knowledge, source, orders, 600)
            return len(self.broker.offsets_delivered(self.latest.topic, 0)) < len(self.latest.knowledge.messages)
        wait_for("the topic is compacted", cleaned, pause=0.3)

    def start_loads(self) -> None:
        """Into all partitions that there are."""
        for world, witness, keys, pause in zip((self.orders, self.latest), self._witnesses, (0, 40), (0.1, 0.3), strict=True):
            partitions = self.broker.partitions(world.topic)
            witness.follow(partitions)
            load = Load(self.broker.address, world.knowledge, len(partitions), next(self._seeds), 150, pause, keys)
            self._loads.append(load.__enter__())

    def stop_loads(self) -> None:
        while self._loads:
            load = self._loads.pop()
            load.stop()
            self.history.count("transaction_committed", load.transactions[True])
            self.history.count("transaction_aborted", load.transactions[False])

    def stop_witnesses(self) -> None:
        for witness in self._witnesses:
            witness.stop()
            copies = witness.tell_of_copies()
            if copies:
                self.history.tell("broker", f"holds {copies} messages twice that were produced once")

    def _worker(self, name: str, world: World) -> Worker:
        environment = {"LD_PRELOAD": os.environ["SQLITE_FAULTS_LIBRARY"], "SQLITE_FAULTS": str(self.control),
                       "SQLITE_FAULTS_LOG": str(self.injected_log)}
        return Worker(name, lambda: Running(self.file, world.stream, prepare=self.disk.prepare, log_folder=self.logs,
                                            environment=environment), self.history)

    def tend(self) -> None:
        for worker in self.workers.values():
            worker.tend()

    def close(self) -> None:
        for worker in self.workers.values():
            worker.close()
        with contextlib.suppress(AssertionError):  # what failed has been said
            self.stop_loads()
        for witness in self._witnesses:
            witness.stop()
        self.broker.kill()

    # --- Looked at ---------------------------------------------------------------------------------

    def injected(self, fault: str) -> int:
        """How often the catalog's fault layer has made it."""
        return self.injected_log.read_text().split("\n").count(fault) if self.injected_log.exists() else 0

    def said(self, words: str) -> int:
        return sum(log.read_text(errors="replace").count(words) for worker in self.workers.values() for log in worker.logs)

    def wait_until_caught_up(self) -> None:
        """Tends the processes meanwhile."""
        def caught_up() -> bool:
            self.tend()
            return self.orders.caught_up() and self.latest.caught_up()
        wait_for("both streams have caught up", caught_up, LIMIT, pause=0.3)
