"""The peer: Iceberg's sink in a standalone Kafka Connect, keeping a topic in a table as `frazil run` does.

The settings are those that were best of many tried: two tasks, a large young space of the parallel collector, fetches of
a megabyte or more; `max.poll.records` is best left at 500. The table is made beforehand with the types that Frazil's has,
and zstd level 1, so that both do the same work. The catalog is SQLite's, as Frazil's.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import time

import measure
from measure import PYTHON, ROOT, run
from shapes import Events

KAFKA = ROOT / "test/kafka/kafka.sh"
CONTROL_TOPIC = "control-iceberg"
# In the log, when a task is about to read, and when one has failed for good.
STARTED = "Starting commit worker"
FAILED = "Task is being killed"
LIMIT_S = 900

WORKER = """\
bootstrap.servers={broker}
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
offset.storage.file.filename={folder}/connect.offsets
offset.flush.interval.ms=1000
plugin.discovery=service_load
listeners=http://127.0.0.1:0
consumer.fetch.min.bytes=1048576
consumer.max.partition.fetch.bytes=4194304
"""
SINK = """\
name=sink
connector.class=org.apache.iceberg.connect.IcebergSinkConnector
tasks.max=2
topics={topic}
consumer.override.auto.offset.reset=earliest
iceberg.kafka.auto.offset.reset=earliest
iceberg.kafka.bootstrap.servers={broker}
iceberg.tables=bench.events
iceberg.control.topic={control}
iceberg.control.commit.interval-ms=10000
iceberg.catalog.catalog-impl=org.apache.iceberg.jdbc.JdbcCatalog
iceberg.catalog.uri=jdbc:sqlite:{folder}/catalog.db
iceberg.catalog.jdbc.schema-version=V1
iceberg.catalog.warehouse=file:{folder}/lake
"""
JVM = ("-Xmx2g", "-Xms2g", "-Xmn1g", "-XX:+UseParallelGC")


def start(folder: pathlib.Path, broker: str, topic: str) -> subprocess.Popen:
    names = {"broker": broker, "topic": topic, "folder": folder, "control": CONTROL_TOPIC}
    (folder / "worker.properties").write_text(WORKER.format(**names))
    (folder / "sink.properties").write_text(SINK.format(**names))
    with open(folder / "log", "w") as log:
        return subprocess.Popen(
            ["java", *JVM, "-cp", f"{ROOT}/.deps/peers/*",
             f"-Dlog4j2.configurationFile={ROOT}/test/kafka/log4j2.properties",
             "org.apache.kafka.connect.cli.ConnectStandalone", folder / "worker.properties",
             folder / "sink.properties"],
            stdout=log, stderr=log)


def rows_in_table(folder: pathlib.Path) -> int:
    table = json.loads(pathlib.Path(measure.metadata_location(folder)).read_text())
    snapshots = {snapshot["snapshot-id"]: snapshot for snapshot in table.get("snapshots", [])}
    current = snapshots.get(table.get("current-snapshot-id"))
    return int(current["summary"]["total-records"]) if current else 0


def wait_until(folder: pathlib.Path, process: subprocess.Popen, what: str, condition) -> None:
    end = time.monotonic() + LIMIT_S
    while not condition():
        log = (folder / "log").read_text()
        if process.poll() is not None or FAILED in log or time.monotonic() > end:
            sys.exit(f"bench: no {what} by Connect, see the end of {folder}/log:\n{log[-2000:]}")
        time.sleep(0.1)


def peak_mib(pid: int) -> float:
    line = next(line for line in open(f"/proc/{pid}/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def connect(folder: pathlib.Path, broker: str, topic: str, events: Events, expected: dict) -> dict:
    """One run into a fresh table, measured from the first fetch to the commit of the last row."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run(PYTHON, ROOT / "bench/readback.py", events.file_name, "create", folder)
    run(KAFKA, "topic", folder.parent / "kafka", CONTROL_TOPIC, 1)
    process = start(folder, broker, topic)
    try:
        wait_until(folder, process, "start", lambda: STARTED in (folder / "log").read_text())
        cpu, wall = measure.process_cpu(process.pid), time.monotonic()
        wait_until(folder, process, "commit of all rows", lambda: rows_in_table(folder) >= expected["rows"])
        figures = {"cpu_s": measure.process_cpu(process.pid) - cpu, "wall_s": time.monotonic() - wall,
                   "peak_rss_mib": peak_mib(process.pid)}
    finally:
        process.terminate()
        process.wait(60)
    expected |= measure.check("Connect's table", events, measure.metadata_location(folder), expected)
    return figures | {"bytes_per_row": measure.data_bytes(folder) / expected["rows"]}
