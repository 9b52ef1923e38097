"""Spark with Iceberg's runtime, in this process and a JVM of its own. One for all tests: it takes long to start."""
import os
import pathlib
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lake import Lake, rows_of
from readers import Condition, Found

JARS = pathlib.Path(__file__).resolve().parents[2] / ".deps/engine-jars"

LITERALS = {"timestamp": "TIMESTAMP_NTZ '{}'", "timestamptz": "TIMESTAMP '{}'", "uuid": "'{}'"}


class Spark:
    # Iceberg's Spark has no type for it, and opens no table that has such a column.
    lacks = ("time",)

    def __init__(self, folder: pathlib.Path):
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        settings = {"spark.jars": ",".join(map(str, JARS.glob("*.jar"))), "spark.driver.memory": "1g",
                    "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.sql.session.timeZone": "UTC",
                    "spark.sql.shuffle.partitions": "2", "spark.local.dir": str(folder),
                    "spark.sql.warehouse.dir": str(folder / "unused"),
                    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"}
        builder = SparkSession.builder.master("local[2]").appName("frazil-test")
        for key, value in settings.items():
            builder = builder.config(key, value)
        self._root = builder.getOrCreate()
        self._root.sparkContext.setLogLevel("ERROR")
        self._sessions: dict[pathlib.Path, SparkSession] = {}

    def stop(self) -> None:
        gateway = self._root.sparkContext._gateway
        self._root.stop()
        gateway.shutdown()
        gateway.proc.stdin.close()  # which ends the JVM
        gateway.proc.wait()

    def sql(self, lake: Lake, text: str) -> DataFrame:
        """With the lake's catalog as the current one."""
        return self._session(lake).sql(text)

    def read(self, lake: Lake, table: str, branch: str = "main") -> list[dict[str, Any]]:
        version = f" VERSION AS OF '{branch}'" if branch != "main" else ""
        return rows_of(self.sql(lake, f"SELECT * FROM {table}{version}").toArrow())

    def find(self, lake: Lake, table: str, condition: Condition) -> Found:
        frame = self.sql(lake, f"SELECT * FROM {table} WHERE {condition.sql(LITERALS)}")
        rows = rows_of(frame.toArrow())
        scan = frame._jdf.queryExecution().executedPlan().collectLeaves().head()
        return Found(rows, scan.metrics().apply("resultDataFiles").value())

    def _session(self, lake: Lake) -> SparkSession:
        """Of its own for each lake, as all catalogs have the name that stands in them."""
        if lake.database not in self._sessions:
            session = self._root.newSession()
            catalog = f"spark.sql.catalog.{lake.name}"
            for key, value in {"": "org.apache.iceberg.spark.SparkCatalog", ".clients": "1", ".cache-enabled": "false",
                               ".catalog-impl": "org.apache.iceberg.jdbc.JdbcCatalog", ".jdbc.schema-version": "V1",
                               ".uri": f"jdbc:sqlite:{lake.database}", ".warehouse": f"file://{lake.warehouse}"}.items():
                session.conf.set(catalog + key, value)
            session.conf.set("spark.sql.defaultCatalog", lake.name)
            self._sessions[lake.database] = session
        return self._sessions[lake.database]
