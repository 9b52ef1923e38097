"""One random topic, read by both clients: the same rows, error rows, positions and counts, whatever the batches are like."""
import collections
import concurrent.futures
import dataclasses
import datetime
import json
import random

import pyarrow
import pytest

import program
from auditor import audit, audit_history
from load import ALL_METADATA, COLUMNS, FIRST_MS
from log_files import kinds_of_batches
from program import Running, run, run_to_end
from random_topic import CODECS, PARTITIONS, RandomTopic

CLIENTS = ("frazil", "librdkafka")
# By default snapshots are kept for a thousand intervals, and their counts are summed up here.
KEEP_ALL_SNAPSHOTS = {"history.expire.max-snapshot-age-ms": "86400000"}
EVERYTHING = {"name": "everything", "from": "", "type": "string", "parse": "json"}


@dataclasses.dataclass(frozen=True)
class Reader:
    """A stream of its own name and table."""
    name: str
    client: str
    start: object = "earliest"

    @property
    def table(self) -> str:
        return f"ingest.{self.name.replace('-', '_')}"

    def document(self, topic: str) -> dict:
        return program.stream(topic, [*COLUMNS, EVERYTHING], self.name, self.table, metadata_columns=ALL_METADATA,
                              start=self.start, interval="100ms", client=self.client,
                              target={"properties": KEEP_ALL_SNAPSHOTS})


def pair(name: str, start: object = "earliest") -> list[Reader]:
    return [Reader(f"{name}-{client}", client, start) for client in CLIENTS]


def write(world, readers: list[Reader]):
    return program.write_documents(world.folder, program.connection(world.broker.address), program.catalog(),
                                   *[reader.document(world.topic) for reader in readers])


# --- What is compared ------------------------------------------------------------------------------------

def history(world, reader: Reader) -> dict:
    """The first position, the last one, and the sums of all counts."""
    commits = world.lake.commits(reader.table, reader.name)
    findings = audit_history(commits)
    assert not findings, f"{reader.name}: {findings}"
    sums: collections.Counter = collections.Counter()
    for commit in commits:
        sums.update(commit.counts)
    return {"start": commits[0].next, "position": commits[-1].next, "counts": dict(sums)}


def rows(world, table: str) -> pyarrow.Table:
    """All rows in the order of the topic, without what depends on when they were read."""
    read = world.lake.read_arrow(table).sort_by([("kafka_partition", "ascending"), ("kafka_offset", "ascending")])
    return read.drop_columns([name for name in ("failed_at",) if name in read.column_names])


def first_difference(one: pyarrow.Table, other: pyarrow.Table) -> str:
    places = [list(zip(*(table[name].to_pylist() for name in ("kafka_partition", "kafka_offset")))) for table in (one, other)]
    if places[0] != places[1]:
        counted = [collections.Counter(many) for many in places]
        missing, more = (sorted((counted[i] - counted[1 - i]).elements()) for i in (0, 1))
        return f"{len(missing)} rows only in the first: {missing[:10]}, {len(more)} only in the second: {more[:10]}"
    for number, place in enumerate(places[0]):
        left, right = (table.slice(number, 1).to_pylist()[0] for table in (one, other))
        if left != right:
            column = next(column for column in left if left[column] != right[column])
            return f"{place}: {column} is {str(left[column])[:300]} and {str(right[column])[:300]}"
    return "the types"


def assert_same(world, readers: list[Reader]) -> None:
    """All of these streams have brought the same."""
    first = readers[0]
    for other in readers[1:]:
        assert history(world, first) == history(world, other), f"{first.name} and {other.name}"
        for left, right in ((first.table, other.table), (f"{first.table}__errors", f"{other.table}__errors")):
            one, two = rows(world, left), rows(world, right)
            assert one.equals(two), f"{left} and {right}: {first_difference(one, two)}"


def assert_right(world, reader: Reader) -> None:
    """What it has brought is what was produced, and `audit` says so."""
    commits = world.lake.commits(reader.table, reader.name)
    findings = audit(world.knowledge, world.lake.read(reader.table, "duckdb"),
                     world.lake.read(f"{reader.table}__errors", "duckdb"), commits[-1].next, starts=commits[0].next)
    assert not findings, f"{reader.name}: {findings}"
    findings = audit_history(commits, world.knowledge)
    assert not findings, f"{reader.name}: {findings}"


def assert_clean(file, readers: list[Reader]) -> None:
    def ask(reader: Reader) -> program.Ended:
        return run("audit", "stream", reader.name, "-f", file, "--rows", "-o", "json")
    with concurrent.futures.ThreadPoolExecutor() as pool:  # they mostly wait for the topic's answers
        for reader, ended in zip(readers, pool.map(ask, readers)):
            assert ended.code == 0 and json.loads(ended.out)["whole"], f"{reader.name}: {ended}"


# --- The run ---------------------------------------------------------------------------------------------

def random_starts(world, draw: random.Random, first: dict[int, int], ends: dict[int, int]) -> list[Reader]:
    """Pairs of streams that begin anywhere: in the middle of batches, in holes, at both ends."""
    def anywhere() -> dict[int, int]:
        return {partition: draw.randint(first[partition], ends[partition]) for partition in range(PARTITIONS)}

    def text(offsets: dict[int, int]) -> dict:
        return {"offsets": {str(partition): offset for partition, offset in offsets.items()}}
    group = f"{world.topic}-group"
    world.broker.commit_group(group, world.topic, anywhere())
    early = {partition: draw.randint(first[partition], min(first[partition] + 50, ends[partition]))
             for partition in range(PARTITIONS)}  # where the topic was compacted
    return [*pair("anywhere", text(anywhere())), *pair("early", text(early)), *pair("group", {"group": group}),
            *pair("time", {"timestamp": FIRST_MS + draw.randrange(20_000)}),
            *pair("late", {"timestamp": (datetime.datetime.now(datetime.timezone.utc)
                                         - datetime.timedelta(seconds=draw.uniform(0, 10))).isoformat()[:23] + "Z"})]


def test_both_clients_bring_the_same(world, seed):
    bring_the_same(world, seed, 20_000, ())


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_both_clients_bring_the_same_million(world, request):
    bring_the_same(world, request.config.getoption("seed") or 1, 1_000_000, ("megabyte",))


def bring_the_same(world, seed: int, count: int, more_kinds: tuple[str, ...]) -> None:
    draw = random.Random(seed)
    topic = RandomTopic(world.broker, world.knowledge, seed, count)
    topic.compacted_part(count // 5)
    topic.part(count // 5)
    first = topic.delete_the_beginning()
    topic.take_the_time_of_the_broker()
    topic.leave_a_transaction_open()

    whole, turns = pair("whole"), Reader("turns", CLIENTS[seed % 2])
    run_to_end(write(world, [*whole, turns]))
    assert_same(world, [*whole, turns])
    assert history(world, turns)["start"] == first

    for number in range(4):
        if number == 2:
            topic.close_the_transaction()
        # Killed wherever it is. `turns` goes on by the other client each time.
        with Running(write(world, [*whole, dataclasses.replace(turns, client=CLIENTS[number % 2])])) as running:
            before = history(world, turns)["position"]
            topic.part(count // 10)
            running.wait_for("all have moved on", lambda: all(
                world.lake.position(one.table, one.name) != before for one in [*whole, turns]))
            running.kill()
    topic.part(count // 10)

    kinds = kinds_of_batches(world.broker.folder, world.topic)
    print(f"batches: {dict(kinds)}")
    wanted = (*CODECS, "single", "large", "empty", "holes", "control", "appended", *more_kinds)
    assert all(kinds[kind] > 0 for kind in wanted), kinds

    ends = world.broker.ends(world.topic)
    starts = random_starts(world, draw, first, ends)
    file = write(world, [*whole, turns, *starts])
    run_to_end(file, limit=1200)
    assert history(world, turns)["position"] == ends
    assert_same(world, [*whole, turns])
    for two in zip(starts[::2], starts[1::2]):
        assert_same(world, list(two))
    for reader in [turns, *starts[::4]]:
        assert_right(world, reader)
    assert_clean(file, [*whole, turns, *starts])
