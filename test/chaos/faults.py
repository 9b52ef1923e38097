"""Each method makes one fault, says so once it has really happened, and mends it. Named as in schedule.py."""
import contextlib
import sqlite3
import threading
from typing import Callable, TypeVar

from confluent_kafka import KafkaException
from pyiceberg.expressions import And, EqualTo, GreaterThanOrEqual, IsNull, LessThan

from other_writers import append_foreign_rows, expire, rewrite, until_it_lands
from scene import Scene
from schedule import Event
from waiting import LIMIT, wait_for

Answer = TypeVar("Answer")
MOST_PARTITIONS = 16


class Stopped(Exception):
    """Something has failed elsewhere."""


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Asks the broker until it answers; it may just have been killed."""
    def answered() -> tuple[Answer] | None:
        try:
            return (ask(),)
        except KafkaException:
            return None
    return wait_for("the broker answers", answered, pause=0.3)[0]


class Faults:
    def __init__(self, scene: Scene, stop: threading.Event):
        self._scene, self._history, self._stop = scene, scene.history, stop

    def make(self, track: str, event: Event) -> None:
        if event.kind in ("killed", "frozen"):
            getattr(self, event.kind)(track, **event.values)
        elif hasattr(self, event.kind):
            getattr(self, event.kind)(**event.values)
        else:
            self._inject(event.kind, **event.values)

    def pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopped

    # --- Processes ---------------------------------------------------------------------------------

    def killed(self, name: str, down: float) -> None:
        worker = self._scene.workers[name]
        wait_for(f"{name} can be killed", worker.kill)
        self._history.happened("killed", name, f"killed, away for {down:.1f} s")
        try:
            self.pause(down)
        finally:
            worker.may_start()

    def frozen(self, name: str, seconds: float) -> None:
        worker = self._scene.workers[name]
        wait_for(f"{name} can be frozen", worker.freeze)
        self._history.happened("frozen", name, f"frozen for {seconds:.1f} s")
        try:
            self.pause(seconds)
        finally:
            worker.wake()
        self._history.tell(name, "awake again")

    # --- The broker and the topic ------------------------------------------------------------------

    def broker_killed(self, down: float) -> None:
        self._broker_away("killed", self._scene.broker.kill, down)

    def broker_stopped(self, down: float) -> None:
        self._broker_away("stopped", self._scene.broker.stop, down)

    def _broker_away(self, how: str, end: Callable[[], None], down: float) -> None:
        end()
        self._history.happened(f"broker_{how}", "broker", how)
        start = self._history.now()
        try:
            self.pause(down)
        finally:
            self._scene.broker.start()
            self._history.tell("broker", f"back after {self._history.now() - start:.1f} s")

    def records_deleted(self, share: float) -> None:
        """Up to a share of what lies below the position."""
        orders, floor = self._scene.orders, self._scene.floor
        with self._scene.floor_lock:
            position = wait_for("a position", orders.position)
            before = {p: floor.get(p, 0) + int((next_ - floor.get(p, 0)) * share) for p, next_ in position.items()}
            before = {p: offset for p, offset in before.items() if offset > floor.get(p, 0)}
            patiently(lambda: self._scene.broker.delete_records(orders.topic, before))
            floor.update(before)
        self._history.happened("records_deleted", "topic", f"what lies below the position deleted up to {before}")

    def partitions_added(self, count: float) -> None:
        """The loads begin anew, to know of them."""
        topic = self._scene.orders.topic
        total = min(len(patiently(lambda: self._scene.broker.partitions(topic))) + int(count), MOST_PARTITIONS)
        with contextlib.suppress(KafkaException):  # asked twice, or there are as many already
            patiently(lambda: self._scene.broker.add_partitions(topic, total))
        self._scene.stop_loads()
        self._scene.start_loads()
        self._history.happened("partitions_added", "topic", f"it has {total} partitions now")

    # --- The catalog -------------------------------------------------------------------------------

    def _inject(self, fault: str, seconds: float, chance: float, milliseconds: float = 0) -> None:
        before = self._scene.injected(fault)
        self._scene.control.write_text(f"{fault} {chance:.2f} {milliseconds:.0f}\n")
        self._history.tell("catalog", f"{fault} with a chance of {chance:.2f}, {milliseconds:.0f} ms")
        try:
            self.pause(seconds)
            wait_for(f"the catalog has had a {fault}", lambda: self._stop.is_set() or self._scene.injected(fault) > before)
        finally:
            self._scene.control.write_text("")
        times = self._scene.injected(fault) - before
        self._history.count(fault, times)
        self._history.tell("catalog", f"no {fault} any more, it came {times} times")

    def database_locked(self, seconds: float) -> None:
        database = sqlite3.connect(self._scene.orders.lake.database, timeout=LIMIT, isolation_level=None)
        with contextlib.closing(database):
            database.execute("BEGIN IMMEDIATE")
            self._history.happened("database_locked", "catalog", f"somebody holds its lock for {seconds:.1f} s")
            self.pause(seconds)
        self._history.tell("catalog", "the lock is free")

    # --- Other engines, and the disk ---------------------------------------------------------------

    def rows_appended(self) -> None:
        append_foreign_rows(self._scene.orders, 3)
        self._scene.foreign_rows += 3
        self._history.happened("rows_appended", "lake", "3 foreign rows appended")

    def rows_compacted(self, share: float) -> None:
        """The latest rows of a partition below the position, and what lies in the same files."""
        orders = self._scene.orders
        position = wait_for("a position", orders.position)
        partition = max(position, key=lambda p: position[p])
        end = position[partition]
        first = end - int(end * share)
        rewrite(orders, And(EqualTo("kafka_partition", partition), GreaterThanOrEqual("kafka_offset", first),
                            LessThan("kafka_offset", end)))
        self._history.happened("rows_compacted", "lake", f"partition {partition} rewritten from {first} to {end}")

    def snapshots_expired(self) -> None:
        orders = self._scene.orders
        for table in (orders.table, orders.errors_table):
            expire(orders, table)
        self._history.happened("snapshots_expired", "lake", "all snapshots but the heads expired")

    def rolled_back(self, back: float) -> None:
        """By some commits, but not below what the topic still holds."""
        orders, done = self._scene.orders, []

        def attempt() -> None:
            table = orders.lake.table(orders.table)
            fit = [commit for commit in orders.lake.commits(orders.table, orders.stream)[:-1]
                   if all(commit.next.get(p, 0) >= offset for p, offset in self._scene.floor.items())]
            if fit:
                to = fit[-min(int(back), len(fit))]
                foreign = table.scan(IsNull("kafka_partition"), ("kafka_partition",), snapshot_id=to.snapshot_id)
                foreign_rows = foreign.to_arrow().num_rows
                table.manage_snapshots().rollback_to_snapshot(to.snapshot_id).commit()
                done.append((to, foreign_rows))

        def rolled_back() -> bool:
            until_it_lands(attempt)
            return bool(done) or self._stop.is_set()
        with self._scene.floor_lock:
            wait_for("a commit to roll back to", rolled_back, pause=0.3)
        for to, foreign_rows in done:
            self._scene.foreign_rows = foreign_rows
            self._history.happened("rolled_back", "lake", f"the target rolled back to commit {to.n}, {foreign_rows} foreign rows")

    def disk_full(self, seconds: float) -> None:
        scene, pids = self._scene, set()
        before = scene.said(scene.disk.told)

        def full_and_said() -> bool:
            """For every process that comes meanwhile, too."""
            for pid in {worker.pid() for worker in scene.workers.values()} - {None} - pids:
                pids.add(pid)
                scene.disk.fill(pid)
            return self._stop.is_set() or scene.said(scene.disk.told) > before
        self._history.tell("lake", "the disk is full")
        try:
            wait_for("a process says that the disk is full", full_and_said)
            self.pause(seconds)
        finally:
            for pid in pids:
                scene.disk.make_room(pid)
        self._history.happened("disk_full", "lake", f"room again; it was said {scene.said(scene.disk.told) - before} times")
