"""DuckDB's part of the benchmark; prints one JSON object. Run by bench/run with the readers' Python.

  readback.py EVENTS convert NDJSON FOLDER [EXPRESSION]
                                           the same work from a file, on one thread, in a file for each value of the
                                           expression: CPU-seconds, wall time, memory
  readback.py EVENTS check FOLDER|METADATA what is in Parquet files or an Iceberg table: rows, distinct ids, sums,
                                           and a hash over all values that does not depend on the order of rows
  readback.py EVENTS create FOLDER         an empty table bench.events, by PyIceberg: FOLDER/catalog.db, FOLDER/lake

EVENTS is a name in shapes.py.
"""
import json
import resource
import sys
import time

import duckdb
from duckdb_extensions import import_extension

from shapes import KINDS, Events

TYPES = {"string": "VARCHAR", "int": "INTEGER", "long": "BIGINT", "double": "DOUBLE", "timestamptz": "TIMESTAMPTZ",
         "boolean": "BOOLEAN"}


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def convert(events: Events, source: str, folder: str, partition_by: str = "") -> dict:
    part, options = (f", {partition_by} AS part", ", PARTITION_BY (part)") if partition_by else ("", "")
    target = folder if partition_by else f"{folder}/all.parquet"
    columns = {name: TYPES[type_] for name, type_ in events.columns}
    connection = duckdb.connect(config={"threads": 1})
    cpu, wall = cpu_seconds(), time.monotonic()
    connection.execute(
        f"COPY (SELECT *{part} FROM read_json('{source}', format = 'newline_delimited', columns = {columns})) "
        f"TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1{options})")
    return {"cpu_s": cpu_seconds() - cpu, "wall_s": time.monotonic() - wall,
            "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def check(events: Events, place: str) -> dict:
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    table = f"read_parquet('{place}/**/*.parquet', hive_partitioning = false)"
    if place.endswith(".metadata.json"):
        for extension in ("avro", "iceberg"):
            import_extension(extension, con=connection)
            connection.execute(f"LOAD {extension}")
        table = f"iceberg_scan('{place}')"
    values = ", ".join(f'"{name}"' for name, _ in events.columns)
    wanted = {"rows": "count(*)", "distinct": f"count(DISTINCT {events.distinct})", **dict(events.sums),
              "hash": f"sum(hash({values})::HUGEINT)"}
    row = connection.execute(f"SELECT {', '.join(wanted.values())} FROM {table}").fetchone()
    return {name: int(value or 0) for name, value in zip(wanted, row)}


def create(events: Events, folder: str) -> dict:
    from pyiceberg.catalog.sql import SqlCatalog  # slow to load, and needed here only
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField
    fields = [NestedField(number, name, type_, required=False)
              for number, (name, type_) in enumerate(events.columns, start=1)]
    catalog = SqlCatalog("iceberg", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/lake")
    catalog.create_namespace("bench")
    catalog.create_table("bench.events", Schema(*fields), properties={
        "write.parquet.compression-codec": "zstd", "write.parquet.compression-level": "1"})
    return {}


if __name__ == "__main__":
    kind, command, *arguments = sys.argv[1:]
    print(json.dumps({"convert": convert, "check": check, "create": create}[command](KINDS[kind], *arguments)))
