"""The single measurements of bench/run. Each reads back what was written; what is not what went in ends the benchmark.

`expected` are the facts of the events. The first table or file that is read back says which hash the values have.
"""
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

from shapes import Events, Files, Row, Topic

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build/release/bin"
PYTHON = ROOT / ".deps/readers/bin/python"

SPEC = """\
api_version: frazil/v1
kind: connection
metadata: {{name: shop}}
spec:
  type: kafka
  brokers: ["{broker}"]
---
api_version: frazil/v1
kind: catalog
metadata: {{name: lake}}
spec:
  type: sql
  uri: "sqlite:catalog.db"
  warehouse: "file:lake"
---
api_version: frazil/v1
kind: stream
metadata: {{name: events}}
spec:
  source:
    connection: shop
    topic: {topic}
    start: earliest
    format: {{type: json}}
    client: {client}
  target:
    catalog: lake
    table: bench.events
    partition_by: {partition_by}
  mapping:
    columns:
{columns}
  commit: {{interval: 10s}}
"""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(*command, **options) -> str:
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT,
                          **options).stdout


def facts_of(line: str) -> dict:
    """NAME=NUMBER NAME=NUMBER …"""
    words = (word.split("=") for word in line.split())
    return {name: float(value) if "." in value else int(value) for name, value in words}


def make_events(events: Events, count: int, *target, stdout=None) -> dict:
    """Runs the producer; what it says that it made."""
    done = subprocess.run([BIN / "events", *events.producer, "-n", str(count), *target], stdout=stdout,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"bench: no {events.name}:\n{done.stderr[-2000:]}")
    facts = facts_of(done.stderr.splitlines()[-1])
    return facts | {"distinct": facts["rows"]}


def check(what: str, events: Events, place: pathlib.Path | str, expected: dict) -> dict:
    """Reads a table or file back; ends the benchmark if it is not what went in."""
    found = json.loads(run(PYTHON, ROOT / "bench/readback.py", events.file_name, "check", place))
    wrong = [name for name in found if name in expected and found[name] != expected[name]]
    if wrong:
        sys.exit(f"bench: {what} is wrong, no figures: " +
                 ", ".join(f"{name} is {found[name]}, expected {expected[name]}" for name in wrong))
    return found


def metadata_location(folder: pathlib.Path) -> str:
    with sqlite3.connect(f"file:{folder / 'catalog.db'}?mode=ro", uri=True) as catalog:
        rows = catalog.execute("SELECT metadata_location FROM iceberg_tables WHERE table_namespace = 'bench' "
                               "AND table_name = 'events'").fetchall()
    return rows[0][0].removeprefix("file:").replace("///", "/", 1)


def data_bytes(folder: pathlib.Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*.parquet"))


def ndjson(folder: pathlib.Path, events: Events) -> pathlib.Path:
    return folder / f"{events.file_name}.ndjson"


def write_spec(folder: pathlib.Path, broker: str, row: Row) -> pathlib.Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    spec = folder / "events.yaml"
    columns = "\n".join(f"      - {{name: {name}, type: {type_}}}" for name, type_ in row.events.columns)
    spec.write_text(SPEC.format(broker=broker, topic=row.topic.name, client=row.client, partition_by=row.partition_by,
                                columns=columns))
    return spec


def frazil(folder: pathlib.Path, broker: str, row: Row, lanes: int, expected: dict) -> dict:
    """One run into a fresh table. The program has a lane for each core that it may use."""
    spec = write_spec(folder, broker, row)
    cores = sorted(os.sched_getaffinity(0))[-lanes:]
    command = ["taskset", "-c", ",".join(map(str, cores)), BIN / "frazil", "run", "-f", spec, "--until-end"]
    with open(folder / "log", "w") as log:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"bench: frazil ended with {process.returncode}:\n{(folder / 'log').read_text()[-2000:]}")
    expected |= check(f"the table of {row}", row.events, metadata_location(folder), expected)
    return {"cpu_s": usage.ru_utime + usage.ru_stime, "wall_s": wall, "peak_rss_mib": usage.ru_maxrss / 1024,
            "bytes_per_row": data_bytes(folder) / expected["rows"]}


def reading(broker: str, topic: Topic, client: str, expected: dict) -> float:
    """CPU nanoseconds an event for fetching, opening and walking alone."""
    found = facts_of(run(BIN / "bench_read_topic", broker, topic.name, client))
    if (found["records"], found["bytes"]) != (expected["rows"], expected["bytes"]):
        sys.exit(f"bench: {client} read {found}, expected {expected}")
    return 1e9 * found["cpu_s"] / found["records"]


def duckdb(folder: pathlib.Path, files: Files, expected: dict) -> dict:
    events, target = files.events, folder / "duckdb"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    figures = json.loads(run(PYTHON, ROOT / "bench/readback.py", events.file_name, "convert", ndjson(folder, events),
                             target, files.partition_by))
    expected |= check(str(files), events, target, expected)
    return figures | {"bytes_per_row": data_bytes(target) / expected["rows"]}


def process_cpu(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle(folder: pathlib.Path, seconds: int) -> float:
    """Percent of a core that a stream without anything to do takes, on the table of a run before."""
    with open(folder / "idle.log", "w") as log:
        process = subprocess.Popen([BIN / "frazil", "run", "-f", folder / "events.yaml"], stdout=log, stderr=log)
        try:
            time.sleep(10)
            before, start = process_cpu(process.pid), time.monotonic()
            time.sleep(seconds)
            if process.poll() is not None:
                sys.exit(f"bench: the idle stream ended:\n{(folder / 'idle.log').read_text()[-2000:]}")
            return 100 * (process_cpu(process.pid) - before) / (time.monotonic() - start)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
