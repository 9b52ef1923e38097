"""A fake Kafka cluster that fails as it is told (test/kfake), as tests drive it."""
import dataclasses
import itertools
import json
import pathlib
import subprocess
from typing import Any

from kafka_broker import PASSWORD, USER, Broker
from program import UNTIL_WE_END

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / ".deps/kfake/kfake"


@dataclasses.dataclass(frozen=True)
class Trouble:
    """What was asked for to go wrong."""
    cluster: "FakeCluster"
    id: int

    @property
    def hits(self) -> int:
        """How many requests it has met."""
        return self.cluster.do("state", id=self.id)["hit"]

    @property
    def early(self) -> int:
        """How many came that should have waited."""
        return self.cluster.do("state", id=self.id)["early"]

    def end(self) -> None:
        self.cluster.do("remove", id=self.id)


class FakeCluster(Broker):
    """Its `nodes` are 0, 1 and 2 at first. `options` are the program's. With a mechanism it wants USER and PASSWORD."""

    def __init__(self, *options: str, mechanism: str = ""):
        assert PROGRAM.exists(), f"there is no {PROGRAM}, run: tools/setup test"
        self.nodes = [0, 1, 2]
        self._new_nodes = itertools.count(3)
        self._options = options
        if mechanism:
            self._options += ("-user", USER, "-password", PASSWORD)
            self.login = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": mechanism, "sasl.username": USER,
                          "sasl.password": PASSWORD}
        self._process: subprocess.Popen | None = None
        self.address = ""

    def start(self) -> "FakeCluster":
        self._process = subprocess.Popen([*UNTIL_WE_END, PROGRAM, *self._options], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True, bufsize=1)
        self.address = ",".join(json.loads(self._process.stdout.readline())["brokers"])
        return self

    def stop(self) -> None:
        self._process.stdin.close()
        assert self._process.wait(30) == 0
        self._process.stdout.close()

    def do(self, command: str, **what: Any) -> dict:
        self._process.stdin.write(json.dumps({"do": command, **what}) + "\n")
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, f"{command} {what}: {answer['error']}"
        return answer

    def trouble(self, kind: str, **what: Any) -> Trouble:
        """A fault, throttle, cut or delay, as test/kfake/main.go says."""
        return Trouble(self, self.do(kind, **what)["id"])

    def replace_node(self, node: int) -> None:
        """It goes, with all connections, and a new one comes, with an id that was never there."""
        self._lose(node)
        self._join(next(self._new_nodes))

    def readdress_node(self, node: int) -> None:
        """It goes, with all connections, and comes back at another address."""
        self._lose(node)
        self._join(node)

    def _lose(self, node: int) -> None:
        self.do("lose", node=node)
        self.do("hang_up")
        self.nodes.remove(node)

    def _join(self, node: int) -> None:
        self.do("join", node=node)
        self.nodes.append(node)
