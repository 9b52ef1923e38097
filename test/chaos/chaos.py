"""Everything at once to the real program, as one seed says; see `run`. Ends with 0 if every message is where it belongs."""
import argparse
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback

from faults import Faults, Stopped
from history import History
from judgement import judge, notices_tampering, stops_at_expired_records
from scene import Scene
from schedule import Event, draw
from tight_disk import MIB, tight_disk


class Tracks:
    """The faults, each track in a thread. Ends early when one fails."""

    def __init__(self, scene: Scene, events: dict[str, list[Event]], seconds: float):
        self._scene, self._seconds = scene, seconds
        self.failed = threading.Event()
        self._failures: list[BaseException] = []
        self._faults = Faults(scene, self.failed)
        self._threads = [threading.Thread(target=self._run, args=each) for each in events.items()]

    def run(self) -> None:
        """Tends the processes meanwhile."""
        for thread in self._threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in self._threads) and not self.failed.is_set():
                self._scene.tend()
                time.sleep(0.05)
        finally:
            if any(thread.is_alive() for thread in self._threads):
                self.failed.set()
            for thread in self._threads:
                thread.join()
        if self._failures:
            raise self._failures[0]

    def _run(self, name: str, events: list[Event]) -> None:
        done = set()
        try:
            for event in events:
                # Faults take longer on a slow machine; then only what has not been there yet is made after the time.
                if self._scene.history.now() > self._seconds and event.kind in done:
                    continue
                self._faults.pause(max(0, event.at - self._scene.history.now()))
                self._faults.make(name, event)
                done.add(event.kind)
        except Stopped:
            pass
        except BaseException as failure:  # handed to the main thread
            self._failures.append(failure)
            self.failed.set()


def run_all(scene: Scene, seed: int, seconds: float) -> None:
    scene.set_up()
    history = scene.history
    history.begin()
    Tracks(scene, draw(seed, seconds), seconds).run()
    history.tell("all", "the faults are over")
    scene.stop_loads()
    scene.wait_until_caught_up()
    for worker in scene.workers.values():
        worker.stop()
    for world in (scene.orders, scene.latest):
        commits = world.lake.commits(world.table, world.stream)[-1].n
        history.tell(world.stream, f"caught up and stopped; {len(world.knowledge.messages)} messages in {commits} commits")
    judge(scene)
    notices_tampering(scene)
    stops_at_expired_records(scene)


def print_log_tails(scene: Scene, lines: int = 25) -> None:
    for name, worker in scene.workers.items():
        for log in worker.logs[-2:]:
            tail = log.read_text(errors="replace").splitlines()[-lines:]
            print(f"--- {name}, the end of {log}:", *tail, sep="\n  ")


def main() -> int:
    parser = argparse.ArgumentParser(prog="test/chaos/run")
    parser.add_argument("--seconds", type=float, default=75)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 20))
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # and so cleans up
    folder = pathlib.Path(tempfile.mkdtemp(prefix="frazil-chaos-"))
    history = History()
    print(f"seed {arguments.seed}, {arguments.seconds:.0f} s of faults")
    good = False
    with tight_disk(folder / "disk", int(512 + 2 * arguments.seconds) * MIB) as disk:
        disk.room = 4096  # what is written here is small
        scene = Scene(folder, disk, arguments.seed, history)
        try:
            run_all(scene, arguments.seed, arguments.seconds)
            good = True
        except BaseException:
            print_log_tails(scene)
            traceback.print_exc(file=sys.stdout)
        finally:
            scene.close()
            if arguments.keep or not good:
                shutil.copytree(disk.folder, folder / "kept")
    print(f"happened: {history}")
    if arguments.keep or not good:
        print(f"kept: {folder}")
    else:
        shutil.rmtree(folder)
    print(f"{'passed' if good else 'FAILED'}: seed {arguments.seed}, {history.now():.0f} s"
          + ("" if good else f"; again: test/chaos/run --seed {arguments.seed} --seconds {arguments.seconds:.0f}"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
