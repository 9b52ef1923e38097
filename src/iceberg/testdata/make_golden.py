#!/usr/bin/env python3
"""Writes the golden files beside it, all by PyIceberg: what src/iceberg must read, and what PyIceberg reads in them.

    .deps/readers/bin/python src/iceberg/testdata/make_golden.py

  metadata.json       a table with two schemas, two specs, a sort order, snapshots, a branch, a tag and statistics
  metadata.json.gz    the same, by Python's gzip
  manifest.avro       format version 2, a partition field of every type; manifest-v1.avro: format version 1
  list.avro           a manifest list of version 2; list-v1.avro: of version 1
  expected.json       the values of the Avro files, as PyIceberg reads them back
"""

import collections.abc
import datetime
import decimal
import gzip
import json
import pathlib
import tempfile
import uuid

import pyiceberg
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestEntry,
    ManifestEntryStatus,
    read_manifest_list,
    write_manifest,
    write_manifest_list,
)
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import SortField, SortOrder
from pyiceberg.table.statistics import BlobMetadata, StatisticsFile
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform, TruncateTransform, VoidTransform
from pyiceberg.typedef import Record
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    IntegerType,
    ListType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

HERE = pathlib.Path(__file__).parent
ROOT = "file:///golden"  # stands for the table's location in every file

# name, type, two partition values as PyIceberg takes them
COLUMNS = [
    ("a_boolean", BooleanType(), True, False),
    ("an_int", IntegerType(), -7, 2147483647),
    ("a_long", LongType(), -(2**63), 1),
    ("a_float", FloatType(), 1.5, -0.25),
    ("a_double", DoubleType(), 1024.5, -2.5),
    ("a_date", DateType(), 19000, -1),
    ("a_time", TimeType(), 1, 86399999999),
    ("a_timestamp", TimestampType(), 1700000000000001, -1),
    ("a_timestamptz", TimestamptzType(), 1700000000000002, 0),
    ("a_string", StringType(), "grün", ""),
    ("a_uuid", UUIDType(), uuid.UUID(int=2**126 + 5), uuid.UUID(int=1)),
    ("a_fixed", FixedType(4), b"\x00\xff\x01\xfe", b"abcd"),
    ("a_binary", BinaryType(), b"\x00\x80", b""),
    ("a_decimal", DecimalType(9, 2), decimal.Decimal("-1.28"), decimal.Decimal("12345.67")),
    ("a_wide_decimal", DecimalType(38, 0), decimal.Decimal(-(10**37)), decimal.Decimal(1)),
]


def partition_names():
    return [name for name, *_ in COLUMNS] + ["id_bucket", "ts_day", "text_trunc", "gone"]


def all_types_table():
    fields = [NestedField(i + 1, name, kind, required=False) for i, (name, kind, *_) in enumerate(COLUMNS)]
    next_id = len(fields) + 1
    fields += [NestedField(next_id, "id", LongType(), required=True), NestedField(next_id + 1, "tags", ListType(next_id + 2, StringType(), element_required=False))]
    parts = [PartitionField(i + 1, 1000 + i, IdentityTransform(), name) for i, (name, *_) in enumerate(COLUMNS)]
    by_name = {f.name: f.field_id for f in fields}
    for source, transform, name in [
        ("id", BucketTransform(16), "id_bucket"),
        ("a_timestamptz", DayTransform(), "ts_day"),
        ("a_string", TruncateTransform(3), "text_trunc"),
        ("a_long", VoidTransform(), "gone"),
    ]:
        parts.append(PartitionField(by_name[source], 1000 + len(parts), transform, name))
    return Schema(*fields, schema_id=3), PartitionSpec(*parts, spec_id=5)


def data_file(number, partition, content=DataFileContent.DATA, **more):
    return DataFile.from_args(
        content=content,
        file_path=f"{ROOT}/data/{number}.parquet",
        file_format=FileFormat.PARQUET,
        partition=Record(*partition),
        record_count=100 + number,
        file_size_in_bytes=4000 + number,
        **more,
    )


METRICS = dict(
    column_sizes={1: 40, 16: 800},
    value_counts={1: 101, 16: 101},
    null_value_counts={1: 3, 16: 0},
    nan_value_counts={4: 1},
    lower_bounds={1: b"\x00", 10: "grü".encode(), 16: (-5).to_bytes(8, "little", signed=True)},
    upper_bounds={1: b"\x01", 10: "grý".encode(), 16: (5).to_bytes(8, "little", signed=True)},
    key_metadata=b"\x01\x02",
    split_offsets=[4, 2000],
    sort_order_id=1,
)


def make_manifest(io, path, version):
    schema, spec = all_types_table()
    first = [row[2] for row in COLUMNS] + [3, 19676, "grü", None]
    second = [row[3] for row in COLUMNS] + [15, 0, "", None]
    nulls = [None] * len(first)
    nulls[len(COLUMNS)] = 7  # PyIceberg takes a bucket of a required column as required
    snapshot = 3051729675574597004
    with write_manifest(version, spec, schema, io.new_output(path), snapshot, "deflate") as writer:
        added = ManifestEntry.from_args(status=ManifestEntryStatus.ADDED, snapshot_id=snapshot, data_file=data_file(1, first, **METRICS))
        writer.add(added)
        for number, partition, status in [(2, second, writer.existing), (3, nulls, writer.delete)]:
            status(
                ManifestEntry.from_args(
                    status=ManifestEntryStatus.EXISTING,
                    snapshot_id=77 + number,
                    sequence_number=5 + number,
                    file_sequence_number=4 + number,
                    data_file=data_file(number, partition),
                )
            )
    manifest = writer.to_manifest_file()
    manifest._data[0] = f"{ROOT}/metadata/{pathlib.Path(path).name}"
    return manifest


def make_list(io, path, version, manifest):
    with write_manifest_list(version, io.new_output(path), 3051729675574597004, 77 if version == 2 else None, 9, "deflate") as writer:
        writer.add_manifests([manifest])


def plain(value):
    """JSON of a value: bytes as hex, and partition values in the form that the Avro file has."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, uuid.UUID):
        return {"hex": value.bytes.hex()}
    if isinstance(value, decimal.Decimal):
        return {"unscaled": str(int(value.scaleb(-value.as_tuple().exponent)))}
    if isinstance(value, (datetime.date, datetime.datetime)):
        raise TypeError("partition values are numbers")
    if isinstance(value, collections.abc.Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value


FILE_FIELDS = ["file_path", "record_count", "file_size_in_bytes", "column_sizes", "value_counts", "null_value_counts",
               "nan_value_counts", "lower_bounds", "upper_bounds", "key_metadata", "split_offsets", "sort_order_id"]
LIST_FIELDS = ["manifest_path", "manifest_length", "partition_spec_id", "sequence_number", "min_sequence_number",
               "added_snapshot_id", "added_files_count", "existing_files_count", "deleted_files_count", "added_rows_count",
               "existing_rows_count", "deleted_rows_count"]


def expected_entries(io, manifest):
    out = []
    for entry in manifest.fetch_manifest_entry(io, discard_deleted=False):
        file = entry.data_file
        row = {name: plain(getattr(file, name)) for name in FILE_FIELDS}
        row["partition"] = [plain(file.partition[i]) for i in range(len(partition_names()))]
        row["status"] = int(entry.status)
        row["snapshot_id"] = entry.snapshot_id
        row["sequence_number"] = entry.sequence_number
        row["file_sequence_number"] = entry.file_sequence_number
        out.append(row)
    return out


def expected_manifest(manifest):
    row = {name: getattr(manifest, name) for name in LIST_FIELDS}
    row["content"] = int(manifest.content)
    row["partitions"] = [
        {"contains_null": s.contains_null, "contains_nan": s.contains_nan, "lower": plain(s.lower_bound), "upper": plain(s.upper_bound)}
        for s in manifest.partitions
    ]
    return row


def make_avro(folder):
    io = PyArrowFileIO()
    expected = {}
    for version, suffix in [(2, ""), (1, "-v1")]:
        manifest_path, list_path = str(folder / f"manifest{suffix}.avro"), str(folder / f"list{suffix}.avro")
        manifest = make_manifest(io, manifest_path, version)
        make_list(io, list_path, version, manifest)
        (read,) = read_manifest_list(io.new_input(list_path))
        expected[f"list{suffix}"] = expected_manifest(read)
        read._data[0] = manifest_path
        expected[f"manifest{suffix}"] = expected_entries(io, read)
        for path in (manifest_path, list_path):
            (HERE / pathlib.Path(path).name).write_bytes(pathlib.Path(path).read_bytes())
    return expected


def make_metadata(folder):
    import pyarrow as pa

    catalog = SqlCatalog("golden", uri=f"sqlite:///{folder}/c.db", warehouse=f"file://{folder}")
    catalog.create_namespace("ns")
    schema = Schema(
        NestedField(1, "id", LongType(), required=True),
        NestedField(2, "at", TimestamptzType(), required=False, doc="when"),
        NestedField(3, "tags", ListType(4, StringType(), element_required=False), required=False),
        identifier_field_ids=[1],
    )
    spec = PartitionSpec(PartitionField(2, 1000, DayTransform(), "at_day"))
    order = SortOrder(SortField(1, IdentityTransform()))
    table = catalog.create_table("ns.t", schema, location=f"file://{folder}/t", partition_spec=spec, sort_order=order,
                                 properties={"owner": "zoë", "write.metadata.previous-versions-max": "5"})
    arrow = pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("at", pa.timestamp("us", tz="UTC")), pa.field("tags", pa.list_(pa.string()))])
    rows = pa.table({"id": [1, 2], "at": [datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)] * 2, "tags": [["a"], None]}, schema=arrow)
    table.append(rows)
    first = table.current_snapshot().snapshot_id
    table.manage_snapshots().create_tag(first, "first", max_ref_age_ms=864000000).commit()
    table.append(rows, snapshot_properties={"frazil.commit-id": "abc"})
    table.manage_snapshots().create_branch(table.current_snapshot().snapshot_id, "audit", max_snapshot_age_ms=1000, min_snapshots_to_keep=2).commit()
    with table.update_schema() as update:
        update.add_column("note", StringType())
    with table.update_spec() as update:
        update.add_field("id", BucketTransform(4), "id_bucket")
    statistics = StatisticsFile(snapshot_id=first, statistics_path=f"{ROOT}/metadata/s.puffin", file_size_in_bytes=10, file_footer_size_in_bytes=5,
                                blob_metadata=[BlobMetadata(type="apache-datasketches-theta-v1", snapshot_id=first, sequence_number=1, fields=[1])])
    with table.update_statistics() as update:
        update.set_statistics(statistics)
    path = catalog.load_table("ns.t").metadata_location.removeprefix("file://")
    text = pathlib.Path(path).read_text().replace(f"file://{folder}/t", ROOT)
    assert str(folder) not in text
    (HERE / "metadata.json").write_text(text)
    (HERE / "metadata.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        expected = make_avro(folder)
        make_metadata(folder)
    expected["by"] = f"PyIceberg {pyiceberg.__version__}"
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
