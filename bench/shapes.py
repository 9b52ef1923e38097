"""What bench/run measures: kinds of events, and the topics that hold them."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Events:
    """One kind of JSON events. `bench/events.c` makes them, and says of them the number of `rows` and the `sums`."""
    name: str
    columns: tuple[tuple[str, str], ...]    # of the table, with their Iceberg types; each reads the member of its name
    distinct: str                           # the column of which no two events have the same
    sums: tuple[tuple[str, str], ...]       # the producer's name for a sum, and how SQL computes it
    producer: tuple[str, ...] = ()          # arguments for the producer


@dataclasses.dataclass(frozen=True)
class Shape:
    """A topic: what it holds, and how that is packed."""
    events: Events
    codec: str
    batch_kb: int  # before compression
    partitions: int = 2

    @property
    def topic(self) -> str:
        return f"{self.events.name}-{self.codec}-{self.batch_kb}"

    def __str__(self) -> str:
        return f"{self.events.name}, {self.codec}, {self.batch_kb} KB"


ORDERS = Events(
    "orders",
    columns=(("order_id", "string"), ("store_id", "int"), ("customer", "string"), ("pizza", "string"),
             ("size", "string"), ("quantity", "int"), ("price", "double"), ("order_ts", "timestamptz"),
             ("status", "string"), ("delivery", "boolean")),
    distinct="order_id",
    sums=(("quantity_sum", "sum(quantity)"), ("price_cents_sum", "sum(round(price * 100)::BIGINT)")))

# What is wanted of the pipeline is wanted of the first one.
SHAPES = (Shape(ORDERS, "lz4", 500), Shape(ORDERS, "lz4", 16), Shape(ORDERS, "zstd", 500), Shape(ORDERS, "zstd", 16))
KINDS = {shape.events.name: shape.events for shape in SHAPES}
