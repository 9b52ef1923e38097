"""The program under test: documents for it, and running, freezing and killing it."""
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import uuid
from typing import Any, Callable

from waiting import LIMIT, wait_for

# Every process of these tests has this in its environment, so that none can be left behind unseen.
MARK = "FRAZIL_TEST_SESSION"
os.environ.setdefault(MARK, uuid.uuid4().hex)
CLIENT = os.environ.get("FRAZIL_CLIENT", "frazil")  # what reads the topics


def binary() -> str:
    path = os.environ.get("FRAZIL_BINARY", "")
    assert os.access(path, os.X_OK), f"no program at {path!r}: run the tests with test/run"
    return path


# --- Documents -------------------------------------------------------------------------------------

def connection(address: str, name: str = "shop", **spec: Any) -> dict:
    return {"api_version": "frazil/v1", "kind": "connection", "metadata": {"name": name},
            "spec": {"type": "kafka", "brokers": address.split(","), **spec}}


def catalog(name: str = "lake") -> dict:
    return {"api_version": "frazil/v1", "kind": "catalog", "metadata": {"name": name},
            "spec": {"type": "sql", "uri": "sqlite:catalog.db", "warehouse": "file:lake"}}


def stream(topic: str, columns: list[dict], name: str = "orders", table: str = "ingest.orders",
           metadata_columns: list[str] | None = None, start: Any = "earliest", interval: str = "200ms",
           connection: str = "shop", target: dict | None = None, client: str = CLIENT, unmapped: Any = "ignore",
           **spec: Any) -> dict:
    mapping: dict[str, Any] = {"columns": columns, "unmapped": unmapped}
    if metadata_columns is not None:
        mapping["metadata_columns"] = metadata_columns
    source = {"connection": connection, "topic": topic, "start": start, "format": {"type": "json"}, "client": client}
    return {"api_version": "frazil/v1", "kind": "stream", "metadata": {"name": name},
            "spec": {"source": source,
                     "target": {"catalog": "lake", "table": table, **(target or {})}, "mapping": mapping,
                     "commit": {"interval": interval}, **spec}}


def write_documents(folder: pathlib.Path, *documents: dict, name: str = "stream.yaml") -> pathlib.Path:
    """JSON is YAML."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text("\n---\n".join(json.dumps(document, indent=1) for document in documents))
    return file


# --- Running it ------------------------------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit code {self.code}\nstdout: {self.out[-3000:]}\nstderr: {self.err[-3000:]}"


def run(*arguments: Any, limit: float = LIMIT, cwd: pathlib.Path | None = None, **environment: str) -> Ended:
    """Runs the program to its end."""
    done = subprocess.run([binary(), *map(str, arguments)], timeout=limit, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace", cwd=cwd,
                          env=os.environ | environment)
    return Ended(done.returncode, done.stdout, done.stderr)


def run_to_end(file: pathlib.Path, *names: str, expect: int = 0, limit: float = LIMIT, **environment: str) -> Ended:
    """`run --until-end`, which must end with this code."""
    ended = run("run", "-f", file, *names, "--until-end", limit=limit, **environment)
    assert ended.code == expect, str(ended)
    return ended


# A process that was started by way of this is killed when these tests are.
UNTIL_WE_END = ("setpriv", "--pdeathsig", "KILL")


class Running:
    """The program in the background. Ends with the `with` block, by force if nothing else ended it."""

    _count = 0

    def __init__(self, file: pathlib.Path, *names: str, prepare=None, log_folder: pathlib.Path | None = None,
                 environment: dict[str, str] | None = None):
        Running._count += 1
        self.log_file = (log_folder or file.parent) / f"frazil-{Running._count}.log"
        with open(self.log_file, "wb") as log:
            # Signals that Python ignores stay ignored, SIGXFSZ above all: `prepare` may set limits.
            self._process = subprocess.Popen([*UNTIL_WE_END, binary(), "run", "-f", file, *names],
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=prepare,
                                             env=os.environ | (environment or {}),
                                             restore_signals=prepare is None)

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: Any) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def wait_for(self, what: str | Callable[[], str], condition, limit: float = LIMIT):
        """Waits for a condition while the program runs; if it ends before, that is a failure with its log."""
        def told() -> str:
            return f"{what() if callable(what) else what}\n{self.log[-3000:]}"

        def holds():
            answer = condition()
            assert answer or self.code is None, f"ended with {self.code} while waiting for: {told()}"
            return answer
        return wait_for(told, holds, limit)

    def wait_for_log(self, pattern: str, limit: float = LIMIT) -> re.Match:
        return self.wait_for(f"{pattern!r} in the log", lambda: re.search(pattern, self.log), limit)

    def wait_for_end(self, limit: float = LIMIT) -> int:
        try:
            return self._process.wait(limit)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {limit:.0f} s\n{self.log[-3000:]}") from None

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def handles_sigterm(self) -> bool:
        """Whether the process has set a handler of its own, or takes the signal by other means."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        masks = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigCgt", "SigBlk"))]
        return any(mask >> (signal.SIGTERM - 1) & 1 for mask in masks)

    def stop(self) -> None:
        """SIGTERM, once the process has come so far that it takes it; it must end by itself with 0."""
        self.wait_for("it takes SIGTERM", self.handles_sigterm)
        self.terminate()
        code = self.wait_for_end()
        assert code == 0, f"SIGTERM ended it with {code}\n{self.log[-3000:]}"

    def freeze(self) -> bool:
        """False: it has ended before."""
        self._process.send_signal(signal.SIGSTOP)
        wait_for("it is frozen", lambda: self.code is not None or self._state() in "Tt")
        return self.code is None

    def wake(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self.code is None:
            self._process.kill()
            self._process.wait()

    def _state(self) -> str:
        return pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]

    def peak_bytes(self) -> int:
        """The largest resident memory so far."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) << 10

    def cpu_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def left_behind() -> dict[int, str]:
    """Other living processes that these tests started: pid and command line."""
    mark = f"{MARK}={os.environ[MARK]}".encode()
    found = {}
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            marked = mark in (folder / "environ").read_bytes().split(b"\0")
            zombie = (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # ended meanwhile
            continue
        if marked and not zombie:
            found[int(folder.name)] = command[:200]
    return found
