"""Pizza orders: messages whose row, or failure, is known beforehand; and a thread that keeps producing them."""
import datetime
import decimal
import json
import random
import threading
from typing import Iterator

from auditor import Expected, Kind, Knowledge
from produce import Message, Source

COLUMNS = [
    {"name": "store_id", "type": "int", "required": True},
    {"name": "store_order_id", "type": "long", "required": True},
    {"name": "status", "type": "string"},
    {"name": "day", "from": "/date", "type": "date", "parse": "unix_days"},
    {"name": "ordered_at", "from": "/ts", "type": "timestamptz", "parse": "unix_millis"},
    {"name": "total", "type": "decimal(9,2)"},
    {"name": "lines", "from": "/order_lines",
     "type": "list<struct<product_id: int, category: string, quantity: int, unit_price: double>>"},
]
ALL_METADATA = ["partition", "offset", "timestamp", "key", "headers"]

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
FIRST_MS = 1_760_000_000_000


class Orders:
    """An endless, seeded row of orders: mostly good ones, some bad ones, a few null values."""

    def __init__(self, seed: int, bad: float = 0.1, nulls: float = 0.02, pad: int = 0, keys: int = 0):
        """With `keys`, only so many different keys, for topics that are compacted."""
        self._random = random.Random(seed)
        self._bad, self._nulls, self._pad, self._keys = bad, nulls, pad, keys
        self._number = 0

    def take(self, count: int, partition: int) -> list[Expected]:
        return [self._next(partition) for _ in range(count)]

    def _next(self, partition: int) -> Expected:
        self._number += 1
        order = self._order()
        row = _row(order)
        message = Message(value=json.dumps(order, separators=(",", ":")).encode(),
                          key=self._key(),
                          headers=(("n", str(self._number).encode()),) if self._number % 5 == 0 else (),
                          timestamp_ms=FIRST_MS + self._number, partition=partition)
        dice = self._random.random()
        if dice < self._bad:
            value, path = self._spoil(order)
            return Expected(_with_value(message, value), Kind.ERROR, path=path)
        if dice < self._bad + self._nulls:
            return Expected(_with_value(message, None), Kind.NULL)
        return Expected(message, Kind.ROW, row=row)

    def _key(self) -> bytes | None:
        if self._keys:
            return b"%d" % (self._number % self._keys)
        return b"%d" % self._number if self._number % 3 else None

    def _order(self) -> dict:
        draw = self._random
        lines = [{"product_id": draw.randrange(1000), "category": draw.choice(["pizza", "drink", "dessert"]),
                  "quantity": draw.randrange(1, 5), "unit_price": round(draw.uniform(3, 20), 2)}
                 for _ in range(draw.randrange(4))]
        order = {"store_id": draw.randrange(500), "store_order_id": self._number,
                 "status": draw.choice(["placed", "baked", "delivered", None]), "date": 20_000 + draw.randrange(365),
                 "ts": FIRST_MS + self._number * 1000, "total": draw.randrange(1, 100_000) / 100, "order_lines": lines}
        if self._pad:
            order["status"] = draw.randbytes(self._pad // 2).hex()
        return order

    def _spoil(self, order: dict) -> tuple[bytes, str | None]:
        """A message that cannot become a row, and where it is wrong."""
        good = json.dumps(order).encode()
        way = self._random.randrange(5)
        if way == 0:
            return good[:self._random.randrange(1, len(good) - 1)], None
        if way == 1:
            return self._random.randbytes(self._random.randrange(1, 60)) + b"\xff", None
        if way == 2:
            return json.dumps(order | {"store_id": 3_000_000_000}).encode(), "/store_id"
        if way == 3:
            return json.dumps({name: value for name, value in order.items() if name != "store_order_id"}).encode(), \
                "/store_order_id"
        return json.dumps(order | {"ts": "soon"}).encode(), "/ts"


def _with_value(message: Message, value: bytes | None) -> Message:
    return Message(value, message.key, message.headers, message.timestamp_ms, message.partition)


def _row(order: dict) -> dict:
    return {"store_id": order["store_id"], "store_order_id": order["store_order_id"], "status": order["status"],
            "day": (EPOCH + datetime.timedelta(days=order["date"])).date(),
            "ordered_at": EPOCH + datetime.timedelta(milliseconds=order["ts"]),
            "total": decimal.Decimal(repr(order["total"])).quantize(decimal.Decimal("0.01")),
            "lines": order["order_lines"]}


def placed(expected: list[Expected], sent: list[Message]) -> Iterator[Expected]:
    """What is expected, at the places that the broker gave."""
    for one, message in zip(expected, sent, strict=True):
        yield Expected(message, one.kind, one.row, one.code, one.path)


def produce_orders(knowledge: Knowledge, source: Source, orders: Orders, count: int, partition: int = 0) -> None:
    wanted = orders.take(count, partition)
    knowledge.add_all(placed(wanted, source.send(one.message for one in wanted)))


def produce_transaction(knowledge: Knowledge, source: Source, orders: Orders, count: int, partition: int,
                        commit: bool) -> None:
    wanted = orders.take(count, partition)
    sent = source.transaction((one.message for one in wanted), commit)
    for one in placed(wanted, sent):
        knowledge.add(one if commit else Expected(one.message, Kind.ABSENT))


class Load:
    """Produces orders in the background, into all partitions, one transaction in four pieces, a third of them aborted."""

    def __init__(self, address: str, knowledge: Knowledge, partitions: int, seed: int, piece: int = 200,
                 pause: float = 0.05, keys: int = 0):
        self._address = address
        self._knowledge = knowledge
        self._partitions = partitions
        self._random = random.Random(seed)
        self._orders = Orders(seed, keys=keys)
        self.transactions = {True: 0, False: 0}  # committed, aborted
        self._piece, self._pause = piece, pause
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> None:
        """Everything is delivered when this returns."""
        self._stop.set()
        self._thread.join()
        assert self._failure is None, f"the load failed: {self._failure!r}"

    def _run(self) -> None:
        try:
            plain = Source(self._address, self._knowledge.topic, codec="lz4")
            transactions = Source(self._address, self._knowledge.topic, codec="zstd",
                                  transactional_id=f"{self._knowledge.topic}-load")
            while not self._stop.wait(self._pause):
                self._produce_piece(plain, transactions)
        except BaseException as failure:  # handed to the test by stop()
            self._failure = failure

    def _produce_piece(self, plain: Source, transactions: Source) -> None:
        count, partition = self._random.randrange(1, self._piece), self._random.randrange(self._partitions)
        if self._random.random() < 0.75:
            produce_orders(self._knowledge, plain, self._orders, count, partition)
            return
        commit = self._random.random() < 0.67
        produce_transaction(self._knowledge, transactions, self._orders, count, partition, commit)
        self.transactions[commit] += 1
