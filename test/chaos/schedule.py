"""Which faults are made, and when: one seed decides. Tracks go on at the same time, a track does one thing after the other."""
import dataclasses
import random

# What a fault takes: name, and the range that its value is drawn from.
Ranges = dict[str, tuple[float, float]]


@dataclasses.dataclass(frozen=True)
class Track:
    gap: tuple[float, float]  # seconds from one event to the next
    kinds: dict[str, Ranges]


@dataclasses.dataclass(frozen=True)
class Event:
    at: float  # seconds from the start; later where the one before has taken longer
    kind: str
    values: dict[str, float]


_WORKER = {"killed": {"down": (0, 1.5)}, "frozen": {"seconds": (1.5, 4)}}
_CATALOG = {"seconds": (2, 5), "chance": (0.1, 0.7)}

TRACKS = {
    "orders a": Track((5, 10), _WORKER),
    "orders b": Track((5, 10), _WORKER),
    "latest": Track((6, 12), _WORKER),
    "catalog": Track((4, 7), {
        "delay_before": _CATALOG | {"milliseconds": (50, 1500)}, "delay_after": _CATALOG | {"milliseconds": (50, 1500)},
        "lost_answer": _CATALOG, "failed_commit": _CATALOG, "busy": _CATALOG, "database_locked": {"seconds": (2, 7)}}),
    "broker": Track((20, 32), {"broker_killed": {"down": (0, 3)}, "broker_stopped": {"down": (0, 3)}}),
    "topic": Track((9, 15), {"records_deleted": {"share": (0.3, 1)}, "partitions_added": {"count": (1, 2)}}),
    "lake": Track((4, 9), {
        "rows_appended": {}, "rows_compacted": {"share": (0.1, 0.5)}, "snapshots_expired": {},
        "rolled_back": {"back": (1, 5)}, "disk_full": {"seconds": (1, 3)}}),
}
KINDS = frozenset(kind for track in TRACKS.values() for kind in track.kinds)


def draw(seed: int, seconds: float) -> dict[str, list[Event]]:
    """The events of each track. Each kind comes once before another comes twice, and at least once, however short the time."""
    return {name: _draw_track(track, random.Random(f"{seed} {name}"), seconds) for name, track in TRACKS.items()}


def _draw_track(track: Track, dice: random.Random, seconds: float) -> list[Event]:
    events: list[Event] = []
    at = 0.0
    while True:
        for kind in dice.sample(sorted(track.kinds), len(track.kinds)):
            at += dice.uniform(*track.gap)
            if at > seconds and len(events) >= len(track.kinds):
                return events
            events.append(Event(at, kind, {name: dice.uniform(*range_) for name, range_ in track.kinds[kind].items()}))
