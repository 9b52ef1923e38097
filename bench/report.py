"""The figures of bench/run, as a report."""
import dataclasses
import json
import os
import statistics

from shapes import Events, Files, ORDERS, PARTITIONED_ROW, Row, ROWS, Topic

CLIENTS = ("frazil", "librdkafka")
LANES = (1, 2)
CONNECT = "Kafka Connect, Iceberg's sink"

# What is expected (docs/performance.md) of the first row and of reading its kind of events; of memory in every row.
WANTED_PER_CPU_SECOND = 1_500_000
WANTED_OF_DUCKDB = 1.3
WANTED_OF_ONE_LANE = 0.9  # of its events per CPU-second, by two lanes; of the partitioned row, too
WANTED_OF_DUCKDB_PARTITIONED = 1.0
WANTED_OF_LIBRDKAFKA = 0.5  # of its CPU time for reading
WANTED_PEAK_MIB = 256
WANTED_IDLE_PERCENT = 0.5
WANTED_OF_CONNECT = 6  # of its events per CPU-second, by two lanes, as it has two tasks

WIDTH = 44  # of the names


def median(runs: list[dict], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def least_to_most(values: list[float]) -> str:
    return f"{min(values):,.0f}..{max(values):,.0f}"


def wanted(what: str, value: str, met: bool, goal: str) -> str:
    return f"{what:<{WIDTH}} {value:>11}   wanted: {goal}: {'met' if met else 'MISSED'}"


@dataclasses.dataclass
class Figures:
    facts: dict[Events, dict] = dataclasses.field(default_factory=dict)
    duckdb: dict[Files, list[dict]] = dataclasses.field(default_factory=dict)
    lanes: dict[Row, dict[int, list[dict]]] = dataclasses.field(default_factory=dict)
    reading: dict[Topic, dict[str, list[float]]] = dataclasses.field(default_factory=dict)  # by client
    idle_percent: float | None = None
    record_batches: list[str] = dataclasses.field(default_factory=list)  # as the micro benchmark printed them

    peer_facts: dict = dataclasses.field(default_factory=dict)
    peers: dict[str, dict] = dataclasses.field(default_factory=dict)

    def as_json(self) -> str:
        def by_name(found: dict) -> dict:
            return {key.name if isinstance(key, Events) else str(key): value for key, value in found.items()}
        return json.dumps(vars(self) | {name: by_name(getattr(self, name))
                                        for name in ("facts", "duckdb", "lanes", "reading")})

    def per_cpu_second(self, events: Events, runs: list[dict]) -> float:
        return self.facts[events]["rows"] / median(runs, "cpu_s")

    def of_duckdb(self, row: Row) -> float:
        return statistics.median(d["cpu_s"] / f["cpu_s"] for d, f in zip(self.duckdb[row.files], self.lanes[row][1]))

    def of_one_lane(self, row: Row) -> float:
        return statistics.median(one["cpu_s"] / two["cpu_s"] for one, two in zip(*self.lanes[row].values()))

    def of_librdkafka(self, topic: Topic) -> float:
        return statistics.median(own / other for own, other in zip(*self.reading[topic].values()))

    def peak_mib(self, row: Row) -> float:
        return max(run["peak_rss_mib"] for runs in self.lanes[row].values() for run in runs)

    def speed(self, events: Events, runs: list[dict]) -> str:
        rows, size = self.facts[events]["rows"], self.facts[events]["bytes"]
        spread = least_to_most([rows / run["cpu_s"] for run in runs])
        return (f"{self.per_cpu_second(events, runs):>11,.0f} {spread:>21} "
                f"{size / 1e6 / median(runs, 'cpu_s'):>6,.0f} {rows / median(runs, 'wall_s'):>11,.0f}")

    def row(self, row: Row) -> str:
        one, two = self.lanes[row].values()
        rows = self.facts[row.events]["rows"]
        peaks = [max(run["peak_rss_mib"] for run in runs) for runs in (one, two)]
        return (f"{str(row):<{WIDTH}} {self.speed(row.events, one)} {rows / median(two, 'wall_s'):>11,.0f} "
                f"{self.of_one_lane(row):>6.2f} {self.of_duckdb(row):>7.2f} {peaks[0]:>6.0f} {peaks[1]:>6.0f} "
                f"{median(one, 'bytes_per_row'):>8.1f}")

    def duckdb_row(self, files: Files) -> str:
        runs = self.duckdb[files]
        return (f"{str(files):<{WIDTH}} {self.speed(files.events, runs)} {'':>11} {'':>6} {'':>7} "
                f"{max(run['peak_rss_mib'] for run in runs):>6.0f} {'':>6} {median(runs, 'bytes_per_row'):>8.1f}")

    def reading_row(self, topic: Topic) -> str:
        own, other = (statistics.median(nanos) for nanos in self.reading[topic].values())
        return f"{str(topic):<{WIDTH}} {own:>11,.0f} {other:>11,.0f} {self.of_librdkafka(topic):>7.2f}"

    def peer_row(self, name: str) -> str:
        run, rows = self.peers[name], self.peer_facts["rows"]
        return (f"{name:<{WIDTH}} {rows / run['cpu_s']:>11,.0f} {rows / run['wall_s']:>11,.0f} "
                f"{run['peak_rss_mib']:>6,.0f} {run['bytes_per_row']:>8.1f}")

    def peer_rows(self) -> list[str]:
        if not self.peers:
            return []
        events = f"{self.peer_facts['rows']:,} events"
        return ["", f"{events:<{WIDTH}} {'per CPU-s':>11} {'events a s':>11} {'MiB':>6} {'per row':>8}",
                *map(self.peer_row, self.peers)]

    def wanted(self) -> list[str]:
        """Whether what is expected was reached, as far as it was measured."""
        lines, first = [], ROWS[0]
        if first in self.lanes:
            rate, share, kept = (self.per_cpu_second(first.events, self.lanes[first][1]), self.of_duckdb(first),
                                 self.of_one_lane(first))
            lines += [wanted("events per CPU-second", f"{rate:,.0f}", rate >= WANTED_PER_CPU_SECOND,
                             f"{WANTED_PER_CPU_SECOND:,} or more"),
                      wanted("share of DuckDB's figure", f"{share:.2f}", share >= WANTED_OF_DUCKDB,
                             f"{WANTED_OF_DUCKDB} or more"),
                      wanted("two lanes, share of one lane's figure", f"{kept:.2f}", kept >= WANTED_OF_ONE_LANE,
                             f"{WANTED_OF_ONE_LANE} or more")]
            cost = max(self.of_librdkafka(topic) for topic in self.reading if topic.events in (first.events, ORDERS))
            lines.append(wanted("reading, share of librdkafka's cost, at most", f"{cost:.2f}",
                                cost <= WANTED_OF_LIBRDKAFKA, f"{WANTED_OF_LIBRDKAFKA} or less"))
        if PARTITIONED_ROW in self.lanes:
            share, kept = self.of_duckdb(PARTITIONED_ROW), self.of_one_lane(PARTITIONED_ROW)
            lines += [wanted("100 partitions, share of DuckDB's figure", f"{share:.2f}",
                             share >= WANTED_OF_DUCKDB_PARTITIONED, f"{WANTED_OF_DUCKDB_PARTITIONED} or more"),
                      wanted("100 partitions, two lanes, share of one's", f"{kept:.2f}", kept >= WANTED_OF_ONE_LANE,
                             f"{WANTED_OF_ONE_LANE} or more")]
        peak = max(self.peak_mib(row) for row in self.lanes)
        lines.append(wanted("peak memory, at most", f"{peak:.0f} MiB", peak <= WANTED_PEAK_MIB,
                            f"{WANTED_PEAK_MIB} MiB or less"))
        if self.idle_percent is not None:
            lines.append(wanted("idle", f"{self.idle_percent:.2f} %", self.idle_percent < WANTED_IDLE_PERCENT,
                                f"below {WANTED_IDLE_PERCENT} % of a core"))
        if self.peers:
            times = self.peers[CONNECT]["cpu_s"] / self.peers[f"frazil, lanes: {LANES[-1]}"]["cpu_s"]
            lines.append(wanted("two lanes, times Kafka Connect's figure", f"{times:.1f}", times >= WANTED_OF_CONNECT,
                                f"{WANTED_OF_CONNECT} or more"))
        return lines

    def report(self) -> str:
        cpu = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
        rounds = len(next(iter(self.duckdb.values())))
        heads = (("events per", "", "MB per", "events a", "events a", "2nd", "of", "MiB,", "MiB,", "bytes"),
                 ("CPU-second", "least..most", "CPU-s", "s, 1 lane", "s, 2 lanes", "lane", "DuckDB", "1 lane", "2 lanes",
                  "per row"))
        widths = (11, 21, 6, 11, 11, 6, 7, 6, 6, 8)
        return "\n".join([
            *[f"{events.name}: {facts['rows']:,} events of {facts['bytes'] / facts['rows']:.0f} bytes, "
              f"{len(events.columns)} columns" for events, facts in self.facts.items()],
            f"{rounds} rounds; {cpu}, {os.cpu_count()} cores",
            "",
            *[" ".join((" " * WIDTH, *(f"{head:>{width}}" for head, width in zip(line, widths)))) for line in heads],
            *map(self.row, self.lanes),
            *map(self.duckdb_row, self.duckdb),
            "",
            f"{'fetch, open and walk, CPU ns each':<{WIDTH}} {CLIENTS[0]:>11} {CLIENTS[1]:>11} {'share':>7}",
            *map(self.reading_row, self.reading),
            *self.peer_rows(),
            "",
            *self.record_batches,
            "",
            *self.wanted()])
