"""DuckDB's part of the benchmark; prints one JSON object. Run by bench/run with the readers' Python.

  readback.py convert NDJSON PARQUET    the same work from a file, on one thread: its CPU-seconds, wall time and memory
  readback.py check PARQUET|METADATA    what is in a Parquet file or an Iceberg table: rows, distinct ids, sums, and a
                                        hash over all values that does not depend on the order of rows
"""
import json
import resource
import sys
import time

import duckdb
from duckdb_extensions import import_extension

COLUMNS = {"order_id": "VARCHAR", "store_id": "INTEGER", "customer": "VARCHAR", "pizza": "VARCHAR", "size": "VARCHAR",
           "quantity": "INTEGER", "price": "DOUBLE", "order_ts": "TIMESTAMPTZ", "status": "VARCHAR",
           "delivery": "BOOLEAN"}


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def convert(source: str, target: str) -> dict:
    connection = duckdb.connect(config={"threads": 1})
    cpu, wall = cpu_seconds(), time.monotonic()
    connection.execute(
        f"COPY (SELECT * FROM read_json('{source}', format = 'newline_delimited', columns = {COLUMNS})) "
        f"TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)")
    return {"cpu_s": cpu_seconds() - cpu, "wall_s": time.monotonic() - wall,
            "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def check(place: str) -> dict:
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    table = f"read_parquet('{place}')"
    if place.endswith(".metadata.json"):
        for extension in ("avro", "iceberg"):
            import_extension(extension, con=connection)
            connection.execute(f"LOAD {extension}")
        table = f"iceberg_scan('{place}')"
    names = ("rows", "distinct_ids", "quantity_sum", "price_cents_sum", "hash")
    row = connection.execute(
        f"SELECT count(*), count(DISTINCT order_id), sum(quantity), sum(round(price * 100)::BIGINT), "
        f"sum(hash({', '.join(COLUMNS)})::HUGEINT) FROM {table}").fetchone()
    return {name: int(value or 0) for name, value in zip(names, row)}


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    print(json.dumps({"convert": convert, "check": check}[command](*arguments)))
