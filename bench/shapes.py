"""What bench/run measures: kinds of events, the topics that hold them, and the tables that these flow into."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Events:
    """One kind of JSON events. `bench/events.c` makes them, and says of them the number of `rows` and the `sums`."""
    name: str
    columns: tuple[tuple[str, str], ...]    # of the table, with their Iceberg types; each reads the member of its name
    distinct: str                           # the column of which no two events have the same
    sums: tuple[tuple[str, str], ...]       # the producer's name for a sum, and how SQL computes it
    bucketed: str                           # the column, of whole numbers, by which a table has 100 partitions
    producer: tuple[str, ...]               # arguments for the producer
    share: float = 1                        # of the number of events that is asked for

    def shuffled(self) -> "Events":
        """The same, the members of each event in an order of its own."""
        return dataclasses.replace(self, name=f"{self.name} shuffled", producer=(*self.producer, "-r"))

    @property
    def file_name(self) -> str:
        return self.name.replace(" ", "-")


@dataclasses.dataclass(frozen=True)
class Topic:
    """What it holds, and how that is packed."""
    events: Events
    codec: str = "lz4"
    batch_kb: int = 500  # before compression
    partitions: int = 2

    @property
    def name(self) -> str:
        return f"{self.events.file_name}-{self.codec}-{self.batch_kb}"

    def __str__(self) -> str:
        return f"{self.events.name}, {self.codec}, {self.batch_kb} KB"


@dataclasses.dataclass(frozen=True)
class Files:
    """What DuckDB makes of the events' file."""
    events: Events
    partitioned: bool

    @property
    def partition_by(self) -> str:
        """An expression with 100 values, or nothing."""
        return f"{self.events.bucketed} % 100" if self.partitioned else ""

    def __str__(self) -> str:
        return f"{self.events.name}: DuckDB, " + ("100 parts" if self.partitioned else "a file")


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the report: a topic that flows into a table."""
    topic: Topic
    partitioned: bool = False
    client: str = "frazil"

    @property
    def events(self) -> Events:
        return self.topic.events

    @property
    def files(self) -> Files:
        """The same work."""
        return Files(self.events, self.partitioned)

    @property
    def partition_by(self) -> str:
        return f"[\"bucket(100, {self.events.bucketed})\"]" if self.partitioned else "[]"

    def __str__(self) -> str:
        return str(self.topic) + ", 100 parts" * self.partitioned + f", {self.client}" * (self.client != "frazil")


MANY = Events(
    "many orders",
    columns=(("order_id", "string"), ("store_id", "int"), ("customer", "string"), ("pizza", "string"),
             ("size", "string"), ("quantity", "int"), ("price", "double"), ("order_ts", "timestamptz"),
             ("status", "string"), ("delivery", "boolean")),
    distinct="order_id", bucketed="store_id", producer=("-k", "orders"),
    sums=(("whole_sum", "sum(quantity)"), ("cents_sum", "sum(round(price * 100)::BIGINT)")))
ORDERS = dataclasses.replace(MANY, name="orders", share=1 / 5)
# An order of some 970 bytes, most of which no column reads.
LARGE = dataclasses.replace(MANY, name="large", producer=("-k", "large"), share=1 / 10)
WIDE = Events(
    "wide",
    columns=tuple((f"column_{i}", ("long", "string", "double", "boolean", "timestamptz")[i % 5]) for i in range(100)),
    distinct="column_0", bucketed="column_5", producer=("-k", "wide"), share=1 / 30,
    sums=(("whole_sum", "sum(column_5)"), ("cents_sum", "sum(round(column_2 * 100)::BIGINT)")))

PARTITIONED_ROW = Row(Topic(ORDERS), partitioned=True)
# What is wanted of the speed is wanted of the first. The others have fewer events, and differ from it in one thing, then in
# several, as users' may.
ROWS = (
    Row(Topic(MANY)),
    Row(Topic(ORDERS)),
    Row(Topic(ORDERS), client="librdkafka"),
    PARTITIONED_ROW,
    Row(Topic(ORDERS, batch_kb=16)),
    Row(Topic(ORDERS, codec="zstd")),
    Row(Topic(ORDERS, codec="zstd", batch_kb=16)),
    Row(Topic(ORDERS.shuffled())),
    Row(Topic(LARGE)),
    Row(Topic(WIDE)),
    Row(Topic(LARGE.shuffled(), codec="zstd"), partitioned=True),
    Row(Topic(WIDE, codec="zstd", batch_kb=16), partitioned=True),
    Row(Topic(WIDE.shuffled(), codec="zstd")),
)
PEER_ROW = Row(Topic(MANY, batch_kb=128))  # what peers do, too
KINDS = {row.events.file_name: row.events for row in ROWS}
