"""After the faults: is every message once where it belongs, do all witnesses say so, and would they notice if it were not?"""
import json
import pathlib

from pyiceberg.table import Table

from auditor import Kind, audit, audit_history
from other_writers import row_at
from program import Ended, run, run_to_end
from produce import Place, Source
from load import Orders, produce_orders
from scene import Scene
from schedule import KINDS
from world import World

# What must have happened beside what the schedule names.
ALSO = {"transaction_committed", "transaction_aborted", "topic_compacted"}


def judge(scene: Scene) -> None:
    """The processes have caught up and ended."""
    run_to_end(scene.file)  # what was decided for the errors tables is in them after this
    scene.stop_witnesses()
    _note_compaction(scene)
    for world, foreign_rows in ((scene.orders, scene.foreign_rows), (scene.latest, 0)):
        world.audit(foreign_rows=foreign_rows, history=False)
        findings = audit_history(world.lake.commits(world.table, world.stream))
        assert not findings, str(findings)
        _ask_frazil(scene, world)
        for table in (world.table, world.errors_table):
            missing = missing_files(world.lake.table(table))
            assert not missing, f"{table} refers to {len(missing)} files that are not there: {missing[:10]}"
    never = (KINDS | ALSO) - set(+scene.history.counts)
    assert not never, f"these never happened, so nothing is proven of them: {sorted(never)}"


def _note_compaction(scene: Scene) -> None:
    latest = scene.latest
    delivered = {(p, offset) for p in (0, 1) for offset in latest.broker.offsets_delivered(latest.topic, p)}
    read = {(row["kafka_partition"], row["kafka_offset"]) for table in (latest.table, latest.errors_table)
            for row in latest.lake.read(table, columns=("kafka_partition", "kafka_offset"))}
    scene.history.count("topic_compacted", latest.knowledge.compacted(delivered, read))


def frazil_audit(scene: Scene, world: World) -> tuple[Ended, dict]:
    ended = run("audit", "stream", world.stream, "-f", scene.file, "--rows", "-o", "json")
    assert ended.code in (0, 2), str(ended)
    return ended, json.loads(ended.out)


def _ask_frazil(scene: Scene, world: World) -> None:
    """Clean, though commits are expired and the topic has forgotten messages."""
    ended, report = frazil_audit(scene, world)
    assert ended.code == 0 and report["clean"], f"frazil audit of {world.stream}: {report['findings']}"
    scene.history.tell("audit", f"{world.stream}: clean; {sum(one['rows'] for one in report['partitions'])} rows, "
                       f"{sum(one['errors'] for one in report['partitions'])} errors, "
                       f"{sum(one['accounted'] for one in report['partitions'])} accounted for by the sums")


def missing_files(table: Table) -> list[str]:
    """Files that a snapshot, or the log of older metadata, names and that are not there."""
    named = {entry.metadata_file for entry in table.metadata.metadata_log}
    manifests = {}
    for snapshot in table.metadata.snapshots:
        named.add(snapshot.manifest_list)
        if _there(snapshot.manifest_list):
            manifests |= {manifest.manifest_path: manifest for manifest in snapshot.manifests(table.io)}
    named |= set(manifests)
    for path, manifest in manifests.items():
        if _there(path):
            named |= {entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io)}
    return sorted(file for file in named if not _there(file))


def _there(location: str) -> bool:
    return pathlib.Path(location.removeprefix("file://").removeprefix("file:")).exists()


# --- That it can fail ------------------------------------------------------------------------------

def notices_tampering(scene: Scene) -> None:
    """A row doubled and one deleted by PyIceberg: both witnesses name these two, and nothing else."""
    world = scene.orders
    # Of the latest ones: what the topic has forgotten could only be unproven.
    rows = sorted(place for place, one in world.knowledge.messages.items()
                  if one.kind == Kind.ROW and place[1] >= scene.floor.get(place[0], 0))
    doubled, deleted = rows[0], rows[-1]
    table = world.lake.table(world.table)
    table.append(table.scan(row_filter=row_at(doubled)).to_arrow())
    world.lake.table(world.table).delete(row_at(deleted))
    _auditor_names(world, scene.foreign_rows, doubled, deleted)
    ended, report = frazil_audit(scene, world)
    said = {kind: [(one["partition"], offset) for one in report["partitions"] for offset in one[kind]["offsets"]]
            for kind in ("doubled", "lost")}
    assert (ended.code, said) == (2, {"doubled": [doubled], "lost": [deleted]}), \
        f"{doubled} doubled, {deleted} deleted; frazil audit ends with {ended.code} and says {said}"
    scene.history.tell("audit", f"notices that {doubled} was doubled and {deleted} deleted")


def _auditor_names(world: World, foreign_rows: int, doubled: Place, deleted: Place) -> None:
    findings = list(audit(world.knowledge, world.lake.read(world.table), world.lake.read(world.errors_table),
                          world.position(), foreign_rows=foreign_rows, blurred=world.lake.blurred(world.table, "pyiceberg")))
    for place, verdict in ((doubled, "doubled"), (deleted, "lost")):
        [finding] = [one for one in findings if one.startswith(f"partition {place[0]} offset {place[1]} ")]
        assert verdict in finding, finding
    assert len(findings) == 2, findings


def stops_at_expired_records(scene: Scene) -> None:
    """Deleted before they were read: that is no offset to go over in silence."""
    world = scene.orders
    start = max(world.position()[0], 1)
    produce_orders(world.knowledge, Source(world.broker.address, world.topic), Orders(seed=1), 40)
    world.broker.delete_records(world.topic, {0: start + 20})
    ended = run_to_end(scene.file, world.stream, expect=1)
    assert "OFFSETS_EXPIRED" in ended.err and str(start + 20) in ended.err, str(ended)
    assert world.position()[0] == start
    scene.history.tell("orders", "stopped with OFFSETS_EXPIRED when records beyond the position had been deleted")
