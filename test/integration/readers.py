"""What every engine that reads tables is asked, and the two that are there in every test."""
import dataclasses
import datetime
import re
import uuid
from typing import Any, Mapping

from pyiceberg.expressions import EqualTo, IsNull, NotNull

from lake import Lake, duckdb_connection, rows_of

# How values are written in SQL, by the type's name without its parameters. Engines name what they write otherwise.
_LITERALS = {"boolean": "{}", "int": "{}", "long": "{}", "float": "CAST('{}' AS REAL)", "double": "CAST('{}' AS DOUBLE)",
             "date": "DATE '{}'", "time": "TIME '{}'", "timestamp": "TIMESTAMP '{}'", "string": "'{}'",
             "uuid": "CAST('{}' AS UUID)", "fixed": "X'{}'", "binary": "X'{}'"}

ANY = object()


@dataclasses.dataclass(frozen=True)
class Condition:
    """A column (a member of a struct, with a dot) has this value, is null (None), or has a value (ANY)."""
    column: str
    type: str
    value: Any

    def sql(self, literals: Mapping[str, str]) -> str:
        if self.value is None or self.value is ANY:
            return f"{self.column} {'IS NULL' if self.value is None else 'IS NOT NULL'}"
        if self.type.startswith("decimal"):
            return f"{self.column} = CAST('{self.value}' AS {self.type})"
        return f"{self.column} = {(_LITERALS | literals)[self.type.partition('[')[0]].format(self._text())}"

    def expression(self):
        if self.value is None or self.value is ANY:
            return (IsNull if self.value is None else NotNull)(self.column)
        value = uuid.UUID(self.value) if self.type == "uuid" else self.value
        return EqualTo(self.column, value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else value)

    def _text(self) -> str:
        value = self.value
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, datetime.datetime):
            return value.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat(" ") if value.tzinfo else value.isoformat(" ")
        return value.hex() if isinstance(value, bytes) else str(value)


@dataclasses.dataclass(frozen=True)
class Found:
    rows: list[dict[str, Any]]
    files: int  # data files that were planned to be read


class PyIceberg:
    lacks = ()  # types of columns that it opens no table with

    def read(self, lake: Lake, table: str, branch: str = "main") -> list[dict[str, Any]]:
        return lake.read(table, "pyiceberg", branch=branch)

    def find(self, lake: Lake, table: str, condition: Condition) -> Found:
        scan = lake.table(table).scan(row_filter=condition.expression())
        return Found(rows_of(scan.to_arrow()), len(list(scan.plan_files())))


class DuckDB:
    lacks = ()

    def read(self, lake: Lake, table: str, branch: str = "main") -> list[dict[str, Any]]:
        return lake.read(table, "duckdb", branch=branch)

    def find(self, lake: Lake, table: str, condition: Condition) -> Found:
        literals = {"timestamptz": "TIMESTAMPTZ '{}Z'", "fixed": "unhex('{}')", "binary": "unhex('{}')"}
        query = f"SELECT * FROM iceberg_scan('{lake.metadata_file(table)}') WHERE {condition.sql(literals)}"
        rows = rows_of(duckdb_connection().execute(query).to_arrow_table())
        [[_, plan]] = duckdb_connection().execute(f"EXPLAIN ANALYZE {query}").fetchall()
        return Found(rows, int(re.search(r"Total Files Read: (\d+)", plan)[1]))
