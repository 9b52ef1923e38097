"""What other engines do to our tables, by PyIceberg."""
import datetime
from typing import Callable

import pyarrow
from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.expressions import And, BooleanExpression, EqualTo, LessThan
from sqlalchemy.exc import OperationalError

from produce import Place
from waiting import wait_for


def until_it_lands(change: Callable[[], None]) -> None:
    """PyIceberg gives up after a few conflicts; a stream that commits each moment beats it more often on a slow machine.

    It gives up, too, when what was added meanwhile may concern it, and when somebody holds the catalog's database for longer
    than it waits.
    """
    def landed() -> bool:
        try:
            change()
        except (CommitFailedException, ValidationException, OperationalError):
            return False
        return True
    wait_for("a foreign commit lands", landed)


def row_at(place: Place) -> BooleanExpression:
    return And(EqualTo("kafka_partition", place[0]), EqualTo("kafka_offset", place[1]))


def append_foreign_rows(world, count: int = 3) -> None:
    rows = [{"store_id": -1, "store_order_id": -number} for number in range(count)]

    def append() -> None:
        table = world.lake.table(world.table)
        table.append(pyarrow.Table.from_pylist(rows, schema=table.schema().as_arrow()))
    until_it_lands(append)


def rewrite(world, mine: BooleanExpression) -> None:
    """Puts these rows into new files, and whatever else stands in the files that they are taken from."""
    def attempt() -> None:
        table = world.lake.table(world.table)
        rows = table.scan(row_filter=mine).to_arrow()
        if len(rows):
            table.overwrite(rows, overwrite_filter=mine)
    until_it_lands(attempt)


def compact(world) -> None:
    """Rewrites all rows below the position into one file. Rows that come meanwhile are not touched, also on a retry."""
    for partition, next_ in world.position().items():
        rewrite(world, And(EqualTo("kafka_partition", partition), LessThan("kafka_offset", next_)))


def expire(world, table: str) -> None:
    """Every snapshot but the head, however young."""
    long_from_now = datetime.datetime.now() + datetime.timedelta(days=1)
    until_it_lands(lambda: world.lake.table(table).maintenance.expire_snapshots().older_than(long_from_now).commit())


def expire_all_but_the_head(world, *tables: str) -> None:
    """While nobody else commits."""
    for name in tables:
        expire(world, name)
        assert len(world.lake.table(name).metadata.snapshots) == 1


def roll_back(world, table: str, snapshot_id: int) -> None:
    until_it_lands(lambda: world.lake.table(table).manage_snapshots().rollback_to_snapshot(snapshot_id).commit())
