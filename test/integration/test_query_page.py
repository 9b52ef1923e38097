"""What docs/query.md shows does what it says: its snippets are taken from the page and run, with other paths."""
import pathlib
import re
import subprocess
import sys

import pytest

from lake import duckdb_connection
from load import COLUMNS, Orders, produce_orders
from produce import Source
from program import run_to_end

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/query.md").read_text()
GOOD, BAD = 40, 5


def snippets(heading: str, language: str) -> list[str]:
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)[1]
    found = re.findall(rf"^```{language}\n(.*?)^```$", section, re.M | re.S)
    assert found, f"the page has no {language} under {heading}"
    return found


@pytest.fixture
def orders(world):
    """The page's table, with rows and errors, all of one partition."""
    world.create_topic()
    source = Source(world.broker.address, world.topic)
    for bad, count in ((0, GOOD), (1, BAD)):
        produce_orders(world.knowledge, source, Orders(seed=bad, bad=bad, nulls=0), count)
    run_to_end(world.write_spec(COLUMNS))
    return world


def here(snippet: str, world) -> str:
    return snippet.replace("/srv/catalog.db", str(world.lake.database)).replace("/srv/lake", str(world.lake.warehouse))


def printed_by(command: list[str], world) -> str:
    done = subprocess.run(command, cwd=world.folder, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def python(heading: str, world) -> str:
    [snippet] = snippets(heading, "python")
    return printed_by([sys.executable, "-c", here(snippet, world)], world)


def test_duckdb(orders):
    duckdb_connection()  # brings the extension, from a package
    [snippet] = snippets("DuckDB", "python")
    offline = snippet.replace('duckdb.sql("INSTALL iceberg")\n', "")
    assert offline != snippet
    assert printed_by([sys.executable, "-c", here(offline, orders)], orders) == f"[({GOOD},)]"


def test_pyiceberg(orders):
    assert python("PyIceberg", orders) == str(GOOD)


def test_the_position_in_the_summary(orders):
    assert f'"next":{{"0":{GOOD + BAD}}}' in python("What to ask", orders)


@pytest.mark.readers
def test_spark(orders):
    """The command as it stands there, with jars that are here in place of packages from the network."""
    [command] = snippets("Spark", "sh")
    packages = re.search(r"--packages (\S+)", command)[1]
    jars = [ROOT / f".deps/engine-jars/{artifact}-{version}.jar" for _, artifact, version in
            (package.split(":") for package in packages.split(","))]
    assert [jar for jar in jars if not jar.exists()] == [], "the page names other versions than test/engines/pom.xml"
    spark_sql = ROOT / ".deps/engines/pyspark/bin/spark-sql"
    local = command.replace(f"--packages {packages}", f"--jars {','.join(map(str, jars))}") \
        .replace("spark-sql", f"SPARK_LOCAL_IP=127.0.0.1 {spark_sql}", 1)
    assert printed_by(["bash", "-c", here(local, orders)], orders) == str(GOOD)


@pytest.mark.readers
def test_trino(orders, trino):
    """The file of properties by way of a statement, which takes the same."""
    [file] = snippets("Trino", "properties")
    properties = dict(line.split("=", 1) for line in here(file, orders).splitlines())
    settings = ", ".join(f"\"{key}\" = '{value}'" for key, value in properties.items() if key != "connector.name")
    trino.sql(orders.lake, f"CREATE CATALOG lake USING {properties['connector.name']} WITH ({settings})")
    [question] = re.findall(r"Then `(SELECT .*?)`", PAGE)
    assert [list(row.values()) for row in trino.sql(orders.lake, question)] == [[GOOD]]


@pytest.mark.readers
def test_the_errors(orders, spark):
    """By Spark, whose catalog has the page's name."""
    [question] = snippets("What to ask", "sql")
    assert sum(row[2] for row in spark.sql(orders.lake, question).collect()) == BAD
