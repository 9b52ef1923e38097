#!/usr/bin/env python3
"""Makes pyiceberg/: a SQL catalog on SQLite and the metadata files of its table shop.eu.orders, written by PyIceberg.

  .deps/readers/bin/python src/catalog/testdata/make_pyiceberg_catalog.py

The warehouse is made in a temporary folder; its location is then rewritten to file:///lake.
"""
import pathlib
import shutil
import sqlite3
import tempfile

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

target = pathlib.Path(__file__).parent / "pyiceberg"
shutil.rmtree(target, ignore_errors=True)
target.mkdir()

with tempfile.TemporaryDirectory() as folder:
    made_at, moved_to = f"file://{folder}/lake", "file:///lake"
    database = pathlib.Path(folder) / "catalog.db"
    catalogs = {name: SqlCatalog(name, uri=f"sqlite:///{database}", warehouse=made_at) for name in ("lake", "other")}
    schema = pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("name", pa.string())])
    for catalog_name, table_name in (("lake", "shop.eu.orders"), ("other", "shop.eu.hidden")):
        catalog = catalogs[catalog_name]
        catalog.create_namespace("shop.eu")
        table = catalog.create_table(table_name, schema)
        table.append(pa.Table.from_pylist([{"id": 1, "name": "one"}], schema=schema))
    for catalog in catalogs.values():
        catalog.engine.dispose()

    with sqlite3.connect(database) as connection:
        for column in ("metadata_location", "previous_metadata_location"):
            connection.execute(f"UPDATE iceberg_tables SET {column} = replace({column}, ?, ?)", (made_at, moved_to))
    connection.close()
    shutil.copy(database, target / "catalog.db")
    for file in pathlib.Path(folder).glob("lake/shop.eu/orders/metadata/*.metadata.json"):
        (target / file.name).write_text(file.read_text().replace(made_at, moved_to))
