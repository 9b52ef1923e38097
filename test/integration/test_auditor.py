"""The auditor finds what is wrong: tables written by PyIceberg, with one fault planted in each."""
import datetime

import pyarrow
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from auditor import Commit, Expected, Kind, Knowledge, audit, audit_history, unix_time
from lake import ENGINES, Lake
from produce import Message

TOPIC = "planted"
TIME = unix_time(1_700_000_000_000)


def knowledge() -> Knowledge:
    """Partition 0: offsets 0 to 9; 3 and 7 are bad, 5 is null, 8 was aborted, 9 is its marker."""
    known = Knowledge(TOPIC)
    for offset in range(9):
        message = Message(value=b'{"n": %d}' % offset, key=b"k", headers=(("h", None),), timestamp_ms=1_700_000_000_000,
                          partition=0, offset=offset)
        kind = {3: Kind.ERROR, 7: Kind.ERROR, 5: Kind.NULL, 8: Kind.ABSENT}.get(offset, Kind.ROW)
        if kind is Kind.NULL:
            message = Message(None, b"k", (("h", None),), 1_700_000_000_000, 0, offset)
        known.add(Expected(message, kind, row={"n": offset} if kind is Kind.ROW else None, code="MAP_", path=None))
    return known


def good_rows() -> list[dict]:
    return [{"n": offset, "kafka_partition": 0, "kafka_offset": offset, "kafka_timestamp": TIME,
             "kafka_key": b"k", "kafka_headers": [{"key": "h", "value": None}]} for offset in (0, 1, 2, 4, 6)]


def good_errors() -> list[dict]:
    return [{"kafka_topic": TOPIC, "kafka_partition": 0, "kafka_offset": offset, "kafka_timestamp": TIME,
             "kafka_key": b"k", "kafka_headers": [{"key": "h", "value": None}], "value": b'{"n": %d}' % offset,
             "error_code": "MAP_TYPE", "error_path": "/n", "error_message": "no", "mapping_version": "00ff",
             "failed_at": TIME} for offset in (3, 7)]


HEADERS = pyarrow.list_(pyarrow.struct([("key", pyarrow.string()), ("value", pyarrow.binary())]))
ROWS = pyarrow.schema([("n", pyarrow.int64()), ("kafka_partition", pyarrow.int32()), ("kafka_offset", pyarrow.int64()),
                       ("kafka_timestamp", pyarrow.timestamp("us", "UTC")), ("kafka_key", pyarrow.binary()),
                       ("kafka_headers", HEADERS)])
ERRORS = pyarrow.schema([("kafka_topic", pyarrow.string()), *list(ROWS)[1:], ("value", pyarrow.binary()),
                         ("error_code", pyarrow.string()), ("error_path", pyarrow.string()),
                         ("error_message", pyarrow.string()), ("mapping_version", pyarrow.string()),
                         ("failed_at", pyarrow.timestamp("us", "UTC"))])


def through_tables(folder, rows: list[dict], errors: list[dict], engine: str) -> tuple[list[dict], list[dict]]:
    """Writes both as Iceberg tables and reads them back as the tests do."""
    lake = Lake(folder)
    folder.mkdir()
    lake.warehouse.mkdir()
    catalog: SqlCatalog = lake.catalog()
    catalog.create_namespace("ingest")
    for name, schema, content in (("ingest.t", ROWS, rows), ("ingest.t__errors", ERRORS, errors)):
        catalog.create_table(name, schema=schema).append(pyarrow.Table.from_pylist(content, schema=schema))
    return lake.read("ingest.t", engine), lake.read("ingest.t__errors", engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_tables_that_are_right_have_no_findings(tmp_path, engine):
    rows, errors = through_tables(tmp_path / "lake", good_rows(), good_errors(), engine)
    assert not audit(knowledge(), rows, errors, {0: 10})


def lost(rows, errors):
    del rows[2]


def lost_error(rows, errors):
    del errors[1]


def doubled(rows, errors):
    rows.append(dict(rows[0]))


def doubled_error(rows, errors):
    errors.append(dict(errors[0]))


def in_both(rows, errors):
    errors.append(errors[0] | {"kafka_offset": 4, "value": b'{"n": 4}'})


def error_in_target(rows, errors):
    rows.append(rows[0] | {"kafka_offset": 3})
    del errors[0]


def null_in_target(rows, errors):
    rows.append(rows[0] | {"kafka_offset": 5})


def aborted_in_target(rows, errors):
    rows.append(rows[0] | {"kafka_offset": 8})


def marker_in_target(rows, errors):
    rows.append(rows[0] | {"kafka_offset": 9})


def wrong_value(rows, errors):
    rows[1]["n"] += 1


def null_for_value(rows, errors):
    rows[1]["n"] = None


def wrong_key(rows, errors):
    rows[1]["kafka_key"] = b""


def wrong_time(rows, errors):
    rows[1]["kafka_timestamp"] += datetime.timedelta(microseconds=1)


def wrong_bytes(rows, errors):
    errors[0]["value"] = b""


def wrong_code(rows, errors):
    errors[0]["error_code"] = "DECODE"


def no_message(rows, errors):
    errors[0]["error_message"] = ""


def above_position(rows, errors):
    rows.append(rows[0] | {"kafka_offset": 10})


def other_partition(rows, errors):
    rows.append(rows[0] | {"kafka_partition": 1})


def foreign_row(rows, errors):
    rows.append(rows[0] | {"kafka_offset": None})


FAULTS = [
    (lost, "partition 0 offset 2 is lost"), (lost_error, "partition 0 offset 7 is lost"),
    (doubled, "partition 0 offset 0 is doubled"), (doubled_error, "partition 0 offset 3 is doubled"),
    (in_both, "partition 0 offset 4 is doubled"), (error_in_target, "partition 0 offset 3 is misplaced"),
    (null_in_target, "partition 0 offset 5 is misplaced"), (aborted_in_target, "partition 0 offset 8 is misplaced"),
    (marker_in_target, "offset 9 is in the target, but no such message"), (wrong_value, "offset 1: n is 2, expected 1"),
    (null_for_value, "offset 1: n is None, expected 1"), (wrong_key, "offset 1: kafka_key is"),
    (wrong_time, "offset 1: kafka_timestamp is"), (wrong_bytes, "offset 3: value is b''"),
    (wrong_code, "offset 3: the error's code is 'DECODE'"), (no_message, "offset 3: the error has no error_message"),
    (above_position, "offset 10 is in the target, but the position is 10"),
    (other_partition, "partition 1 offset 0 is in the target, but the position is 0"),
    (foreign_row, "the target has 1 rows without partition and offset, 0 expected"),
]


@pytest.mark.parametrize("plant,finding", FAULTS, ids=[plant.__name__ for plant, _ in FAULTS])
def test_a_planted_fault_is_found(tmp_path, plant, finding):
    rows, errors = good_rows(), good_errors()
    plant(rows, errors)
    rows, errors = through_tables(tmp_path / "lake", rows, errors, "pyiceberg")
    findings = list(audit(knowledge(), rows, errors, {0: 10}))
    assert len(findings) == 1 and finding in findings[0], findings


def test_offsets_before_the_start_must_not_be_there():
    findings = list(audit(knowledge(), good_rows(), good_errors(), {0: 10}, starts={0: 2}))
    assert ["offset 0" in findings[0], "offset 1" in findings[1], len(findings)] == [True, True, 2]


def history(**changes) -> list[Commit]:
    """Start at 0; then [0, 5) of partition 0; then [5, 10) of it and a new partition 1 with one marker."""
    last = {"n": 3, "next": {0: 10, 1: 1}, "from_": {0: 5},
            "counts": {"rows": 1, "errors": 1, "nulls": 1, "filtered": 0, "absent": 3}} | changes
    return [Commit(1, 1, {0: 0}, {}, {}),
            Commit(2, 2, {0: 5}, {0: 0}, {"rows": 4, "errors": 1, "nulls": 0, "filtered": 0, "absent": 0}),
            Commit(3, **last)]


def test_a_history_that_adds_up_has_no_findings():
    assert not audit_history(history(), knowledge())


@pytest.mark.parametrize("changes,finding", [
    ({"from_": {0: 6}}, "partition 0 goes on at 6, but the position was 5"),
    ({"from_": {}}, "partition 0 went from 5 to 10 unsaid"),
    ({"n": 2}, "commit 2 comes after commit 2"),
    ({"counts": {"rows": 1, "errors": 1, "nulls": 1, "filtered": 0, "absent": 2}}, "do not add up to the 6 offsets"),
    ({"counts": {"rows": 2, "errors": 0, "nulls": 1, "filtered": 0, "absent": 3}}, "the counts say 6 rows, there were 5"),
    ({"counts": {"rows": 1, "errors": 1, "nulls": 0, "filtered": 0, "absent": 4}}, "the counts say 0 nulls, there were 1"),
])
def test_a_history_that_does_not_add_up_is_found(changes, finding):
    findings = str(audit_history(history(**changes), knowledge()))
    assert finding in findings
