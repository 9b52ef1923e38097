"""The judge of exactly once. It knows what was produced, reads what the tables hold, and shares nothing with the writer.

For every offset below the stream's position: a message that must be a row is in the target once, with its values, and
not among the errors; one that must be an error is among the errors once, with its bytes, and not in the target; a null
value, an aborted message and a transaction marker are in neither. Nothing else is in the tables, and nothing at or above
the position. Rows without a partition and offset are other writers' rows and only counted.
"""
import collections
import dataclasses
import datetime
import enum
from typing import Any, Container, Iterable, Mapping

from produce import Message, Place


class Kind(enum.Enum):
    ROW = "a row"
    ERROR = "an error"
    ROW_OR_ERROR = "a row or an error"
    NULL = "a null value"
    ABSENT = "absent"


@dataclasses.dataclass(frozen=True, slots=True)
class Expected:
    message: Message
    kind: Kind
    row: dict[str, Any] | None = None  # values of columns that must be there; others are not looked at
    code: str = ""                     # what the error's code begins with
    path: str | None = None            # the error's path; None: any


class Knowledge:
    """What was produced into one topic."""

    def __init__(self, topic: str):
        self.topic = topic
        self.messages: dict[Place, Expected] = {}

    def add(self, expected: Expected) -> None:
        place = expected.message.place
        assert place not in self.messages, f"the broker gave the place {place} twice"
        self.messages[place] = expected

    def add_all(self, many: Iterable[Expected]) -> None:
        for expected in many:
            self.add(expected)

    def compacted(self, delivered: Container[Place], read: Container[Place]) -> int:
        """What the topic's cleaner took before it was read is absent: neither `delivered` any more nor `read`. How many."""
        gone = [place for place, expected in self.messages.items()
                if expected.kind in (Kind.ROW, Kind.ERROR) and place not in delivered and place not in read]
        for place in gone:
            self.messages[place] = dataclasses.replace(self.messages[place], kind=Kind.ABSENT)
        return len(gone)


@dataclasses.dataclass(frozen=True)
class Commit:
    """A snapshot with the stream's position record, oldest first in a history."""
    snapshot_id: int
    n: int
    next: dict[int, int]
    from_: dict[int, int]
    counts: dict[str, int]
    fence: str | None = None


class Findings:
    def __init__(self) -> None:
        self._all: list[str] = []

    def add(self, text: str) -> None:
        self._all.append(text)

    def __bool__(self) -> bool:
        return bool(self._all)

    def __iter__(self):
        return iter(self._all)

    def __str__(self) -> str:
        shown = self._all[:20]
        more = len(self._all) - len(shown)
        return "\n  ".join([f"{len(self._all)} findings:", *shown] + ([f"… and {more} more"] if more else []))


def unix_time(milliseconds: int) -> datetime.datetime:
    return datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(milliseconds=milliseconds)


def place_of(row: Mapping[str, Any]) -> Place | None:
    partition, offset = row.get("kafka_partition"), row.get("kafka_offset")
    return None if partition is None or offset is None else (partition, offset)


def name(place: Place) -> str:
    return f"partition {place[0]} offset {place[1]}"


def audit(knowledge: Knowledge, rows: list[dict], errors: list[dict], position: Mapping[int, int],
          starts: Mapping[int, int] | None = None, foreign_rows: int = 0, blurred: frozenset[str] = frozenset()) -> Findings:
    """What is wrong with these tables; nothing, if every offset in [starts, position) is where it belongs.

    In columns that are `blurred`, the reader does not tell null from empty.
    """
    findings = Findings()
    in_target = _place_rows(knowledge, rows, position, foreign_rows, "the target", findings)
    in_errors = _place_rows(knowledge, errors, position, 0, "the errors table", findings)
    for place, expected in knowledge.messages.items():
        partition, offset = place
        if offset >= position.get(partition, 0):
            continue
        if offset < (starts or {}).get(partition, 0):
            expected = dataclasses.replace(expected, kind=Kind.ABSENT)
        _check_places(place, expected, len(in_target[place]), len(in_errors[place]), findings)
        for row in in_target[place]:
            _check_row(place, expected, row, blurred, findings)
        for row in in_errors[place]:
            _check_error(knowledge.topic, place, expected, row, findings)
    return findings


def _place_rows(knowledge: Knowledge, rows: list[dict], position: Mapping[int, int], foreign: int, where: str,
                findings: Findings) -> dict[Place, list[dict]]:
    placed: dict[Place, list[dict]] = collections.defaultdict(list)
    others = 0
    for row in rows:
        place = place_of(row)
        if place is None:
            others += 1
            continue
        placed[place].append(row)
        if place[1] >= position.get(place[0], 0):
            findings.add(f"{name(place)} is in {where}, but the position is {position.get(place[0], 0)}")
        elif place not in knowledge.messages:
            findings.add(f"{name(place)} is in {where}, but no such message was produced")
    if others != foreign:
        findings.add(f"{where} has {others} rows without partition and offset, {foreign} expected")
    return placed


# Times in the target, times in the errors table, that are right.
_PLACES = {Kind.ROW: {(1, 0)}, Kind.ERROR: {(0, 1)}, Kind.ROW_OR_ERROR: {(1, 0), (0, 1)}, Kind.NULL: {(0, 0)},
           Kind.ABSENT: {(0, 0)}}


def _check_places(place: Place, expected: Expected, target: int, errors: int, findings: Findings) -> None:
    if (target, errors) in _PLACES[expected.kind]:
        return
    verdict = "lost" if target + errors == 0 else "doubled" if target + errors > 1 else "misplaced"
    findings.add(f"{name(place)} is {verdict}: it is {expected.kind.value}, "
                 f"{target} times in the target, {errors} times among the errors")


def _check_row(place: Place, expected: Expected, row: Mapping[str, Any], blurred: frozenset[str],
               findings: Findings) -> None:
    metadata = {"kafka_timestamp": unix_time(expected.message.timestamp_ms)}
    metadata |= _message_columns(expected.message)
    wanted = {column: value for column, value in metadata.items() if column in row} | (expected.row or {})
    _check_values(place, wanted, row, blurred | NO_HEADERS, findings)


def _check_error(topic: str, place: Place, expected: Expected, row: Mapping[str, Any], findings: Findings) -> None:
    wanted = {"kafka_topic": topic, "kafka_timestamp": unix_time(expected.message.timestamp_ms),
              "value": expected.message.value} | _message_columns(expected.message)
    if expected.path is not None:
        wanted["error_path"] = expected.path
    _check_values(place, wanted, row, NO_HEADERS, findings)
    if not row["error_code"] or not row["error_code"].startswith(expected.code):
        findings.add(f"{name(place)}: the error's code is {row['error_code']!r}, expected {expected.code!r}")
    for column in ("error_message", "mapping_version", "failed_at"):
        if not row[column]:
            findings.add(f"{name(place)}: the error has no {column}")


def _message_columns(message: Message) -> dict[str, Any]:
    headers = [{"key": key, "value": value} for key, value in message.headers]
    return {"kafka_key": message.key, "kafka_headers": headers}


# A message without headers has null or no elements there.
NO_HEADERS = frozenset({"kafka_headers"})


def _check_values(place: Place, wanted: Mapping[str, Any], row: Mapping[str, Any], blurred: frozenset[str],
                  findings: Findings) -> None:
    for column, value in wanted.items():
        if column not in row:
            findings.add(f"{name(place)}: there is no column {column}")
        elif row[column] != value and not (column in blurred and not value and not row[column]):
            findings.add(f"{name(place)}: {column} is {_shorten(row[column])}, expected {_shorten(value)}")


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}… ({len(text)} characters)"


def audit_history(commits: list[Commit], knowledge: Knowledge | None = None) -> Findings:
    """What is wrong with the position records and counts. With knowledge: the sums of the counts are its messages."""
    findings = Findings()
    if not commits:
        findings.add("no snapshot has a position record")
        return findings
    for before, after in zip(commits, commits[1:]):
        _check_step(before, after, findings)
    if knowledge is not None:
        _check_sums(commits, knowledge, findings)
    return findings


def _check_step(before: Commit, after: Commit, findings: Findings) -> None:
    where = f"commit {after.n}"
    if after.n <= before.n:
        findings.add(f"{where} comes after commit {before.n}")
    for partition, first in after.from_.items():
        if first != before.next.get(partition, 0):
            findings.add(f"{where}: partition {partition} goes on at {first}, but the position was "
                         f"{before.next.get(partition, 0)}")
    for partition, next_ in before.next.items():
        if partition not in after.from_ and after.next.get(partition) != next_:
            findings.add(f"{where}: partition {partition} went from {next_} to {after.next.get(partition)} unsaid")
    length = sum(after.next[partition] - first for partition, first in after.from_.items())
    length += sum(next_ for partition, next_ in after.next.items()
                  if partition not in after.from_ and partition not in before.next)
    if sum(after.counts.values()) != length:
        findings.add(f"{where}: the counts {after.counts} do not add up to the {length} offsets it took")


def _check_sums(commits: list[Commit], knowledge: Knowledge, findings: Findings) -> None:
    """The counts of all commits against what was produced between the first and the last position."""
    first, last = commits[0].next, commits[-1].next
    wanted: collections.Counter = collections.Counter()
    for (partition, offset), expected in knowledge.messages.items():
        if first.get(partition, 0) <= offset < last.get(partition, 0):
            wanted[expected.kind] += 1
    known = sum(wanted.values())
    # Offsets that no message has are transaction markers.
    absent = wanted[Kind.ABSENT] + sum(next_ - first.get(p, 0) for p, next_ in last.items()) - known
    sums: collections.Counter = collections.Counter()
    for commit in commits[1:]:
        sums.update(commit.counts)
    either = wanted[Kind.ROW_OR_ERROR]
    for what, count in (("nulls", wanted[Kind.NULL]), ("absent", absent), ("filtered", 0)):
        if sums[what] != count:
            findings.add(f"the counts say {sums[what]} {what}, there were {count}")
    for what, count in (("rows", wanted[Kind.ROW]), ("errors", wanted[Kind.ERROR])):
        if not count <= sums[what] <= count + either:
            findings.add(f"the counts say {sums[what]} {what}, there were {count}")
    if sums["rows"] + sums["errors"] != wanted[Kind.ROW] + wanted[Kind.ERROR] + either:
        findings.add(f"the counts say {sums['rows']} rows and {sums['errors']} errors, which is not the number of messages")
