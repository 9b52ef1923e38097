"""Tables as others see them: through PyIceberg, through DuckDB, and as plain JSON for cheap looks at the position."""
import contextlib
import datetime
import functools
import gzip
import json
import pathlib
import re
import sqlite3
import uuid
from typing import Any

import duckdb
import pyarrow
from duckdb_extensions import import_extension
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table
from pyiceberg.types import ListType, StructType

from auditor import Commit
from waiting import LIMIT

ENGINES = ("pyiceberg", "duckdb")


@functools.cache
def duckdb_connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "threads": 2})
    for extension in ("avro", "iceberg"):
        import_extension(extension, con=connection)
        connection.execute(f"LOAD {extension}")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


class Lake:
    """A SQLite catalog `catalog.db` and a warehouse `lake` in one folder."""

    def __init__(self, folder: pathlib.Path, name: str = "lake"):
        self.folder = folder
        self.name = name
        self.database = folder / "catalog.db"
        self.warehouse = folder / "lake"

    def catalog(self) -> SqlCatalog:
        return SqlCatalog(self.name, uri=f"sqlite:///{self.database}", warehouse=f"file://{self.warehouse}")

    def table(self, name: str) -> Table:
        return self.catalog().load_table(name)

    def metadata_file(self, name: str) -> pathlib.Path | None:
        """The table's current metadata; None when there is no such table (yet)."""
        space, _, table = name.rpartition(".")
        if not self.database.exists():
            return None
        # For writing: a process that was killed may have left a journal, which the next reader rolls back.
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=rw", uri=True, timeout=LIMIT)) as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'iceberg_tables'").fetchone():
                return None
            found = database.execute("SELECT metadata_location FROM iceberg_tables WHERE catalog_name = ? AND "
                                     "table_namespace = ? AND table_name = ?", (self.name, space, table)).fetchone()
        return path_of(found[0]) if found else None

    def metadata(self, name: str) -> dict | None:
        file = self.metadata_file(name)
        if not file:
            return None
        content = file.read_bytes()
        return json.loads(gzip.decompress(content) if file.name.endswith(".gz.metadata.json") else content)

    def commits(self, table: str, stream: str) -> list[Commit]:
        """The ancestors of the current snapshot that carry the stream's position record, oldest first."""
        metadata = self.metadata(table)
        if not metadata:
            return []
        snapshots = {snapshot["snapshot-id"]: snapshot for snapshot in metadata.get("snapshots", [])}
        found, current = [], snapshots.get(metadata.get("current-snapshot-id"))
        while current:
            if f"frazil.offsets.{stream}" in current["summary"]:
                found.append(_commit(current, stream))
            current = snapshots.get(current.get("parent-snapshot-id"))
        return found[::-1]

    def position(self, table: str, stream: str) -> dict[int, int]:
        """Next offset of every partition, as the table says; empty when it has none."""
        commits = self.commits(table, stream)
        return commits[-1].next if commits else {}

    def read(self, table: str, engine: str = "pyiceberg", columns: tuple[str, ...] = ("*",),
             branch: str = "main") -> list[dict[str, Any]]:
        """All rows. An absent table is an empty one only where the caller has made sure that it exists."""
        snapshot = self.metadata(table)["refs"][branch]["snapshot-id"] if branch != "main" else None
        read = self._read_pyiceberg if engine == "pyiceberg" else self._read_duckdb
        return rows_of(read(table, columns, snapshot))

    def read_arrow(self, table: str) -> pyarrow.Table:
        """All rows as DuckDB reads them, to be compared with another table of the same columns."""
        return self._read_duckdb(table, ("*",), None)

    def blurred(self, table: str, engine: str) -> frozenset[str]:
        """Columns in which the engine gives empty for null: PyIceberg 0.12 drops the nulls of lists of structs."""
        if engine != "pyiceberg":
            return frozenset()
        return frozenset(field.name for field in self.table(table).schema().fields
                         if isinstance(field.field_type, ListType) and isinstance(field.field_type.element_type, StructType))

    def _read_pyiceberg(self, table: str, columns: tuple[str, ...], snapshot: int | None) -> pyarrow.Table:
        return self.table(table).scan(selected_fields=columns, snapshot_id=snapshot).to_arrow()

    def _read_duckdb(self, table: str, columns: tuple[str, ...], snapshot: int | None) -> pyarrow.Table:
        file = self.metadata_file(table)
        names = ", ".join(column if column == "*" else f'"{column}"' for column in columns)
        which = f", snapshot_from_id => {snapshot}" if snapshot else ""
        return duckdb_connection().execute(f"SELECT {names} FROM iceberg_scan('{file}'{which})").to_arrow_table()

    def locked(self) -> bool:
        """Whether somebody holds the catalog's database in the middle of a transaction."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=0, isolation_level=None)) as database:
            try:
                database.execute("BEGIN EXCLUSIVE")
                database.execute("ROLLBACK")
                return False
            except sqlite3.OperationalError:
                return True


def path_of(location: str) -> pathlib.Path:
    return pathlib.Path(re.sub("^file:(//)?", "", location))


def rows_of(arrow: pyarrow.Table) -> list[dict[str, Any]]:
    """Its rows, in a form that is the same for all engines."""
    shapes = [(field.name, _shape(field.type)) for field in arrow.schema]
    return [{column: shape(row[column]) for column, shape in shapes} for row in arrow.to_pylist()]


def _commit(snapshot: dict, stream: str) -> Commit:
    summary = snapshot["summary"]
    record = json.loads(summary[f"frazil.offsets.{stream}"])

    def numbers(json_text: str) -> dict[int, int]:
        return {int(partition): offset for partition, offset in json.loads(json_text).items()}

    return Commit(snapshot_id=snapshot["snapshot-id"], n=record["n"],
                  next={int(partition): offset for partition, offset in record["next"].items()},
                  from_=numbers(summary.get(f"frazil.from.{stream}", "{}")),
                  counts=json.loads(summary.get(f"frazil.counts.{stream}", "{}")), fence=record.get("fence"))


def _shape(arrow: pyarrow.DataType):
    """How a value of this type, as Arrow hands it out, becomes one that is equal for all engines."""
    if isinstance(arrow, pyarrow.BaseExtensionType):
        return lambda value: str(value) if isinstance(value, uuid.UUID) else value
    if pyarrow.types.is_timestamp(arrow) and arrow.tz is not None:
        return lambda value: value and value.astimezone(datetime.timezone.utc)
    if pyarrow.types.is_map(arrow):
        key, item = _shape(arrow.key_type), _shape(arrow.item_type)
        return lambda value: value if value is None else {key(k): item(v) for k, v in value}
    if pyarrow.types.is_list(arrow) or pyarrow.types.is_large_list(arrow):
        element = _shape(arrow.value_type)
        return lambda value: value if value is None else [element(v) for v in value]
    if pyarrow.types.is_struct(arrow):
        members = {arrow.field(i).name: _shape(arrow.field(i).type) for i in range(arrow.num_fields)}
        return lambda value: value if value is None else {k: members[k](v) for k, v in value.items()}
    return lambda value: value
