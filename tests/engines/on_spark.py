"""Runs what Databricks gets on Apache Spark in ANSI mode, and compares values and rows with the cases.

Spark's own tables have no keys: those are left out of CREATE TABLE here.
"""
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import case_files  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402


def start(folder):
    builder = SparkSession.builder.master("local[1]").appName("engines")
    for key, value in {
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
        "spark.ui.enabled": "false",
        "spark.driver.memory": "3g",  # Plans of long models need more than the default of 1 GB.
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def statements(sql):
    """The statements of a translated batch: each ends with a semicolon at the end of a line."""
    return [part for part in re.split(r";[ \t]*(?:\n|$)", sql) if part.strip()]


def drop_tables(session):
    for row in session.sql("show tables").collect():
        session.sql(f"drop table if exists `{row['tableName']}`")


def rows_of(session, sql):
    drop_tables(session)
    rows = []
    for statement in statements(re.sub(r",\s+primary key \([^)]*\)| primary key", "", sql)):
        rows = [list(map(case_files.text_of, row)) for row in session.sql(statement).collect()]
    return rows


def run_constructs(program, session, tally, failures):
    """The target's own cases: over tables without rows, so that names, functions and types resolve and plans run."""
    cases = list(case_files.constructs("databricks"))
    results = case_files.translate(program, "databricks", [f"{setup}\n{batch}" for _, setup, batch in cases])
    tally["resolved"] = 0
    for (place, _, _), result in zip(cases, results, strict=True):
        if case_files.reason("spark", result["sql"]):
            tally["beyond the engine"] += 1
            continue
        try:
            rows_of(session, result["sql"])
            tally["resolved"] += 1
        except Exception as error:  # Each kind of Spark's errors is a failure of the case.
            failures.append(f"{place}\n{result['sql']}\n{str(error).splitlines()[0]}")


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        session = start(folder)
        tally, failures = case_files.run("spark", program, "databricks", lambda sql: rows_of(session, sql))
        run_constructs(program, session, tally, failures)
        session.stop()
    return tally, failures


if __name__ == "__main__":
    case_files.finish("Databricks on Spark", *main(sys.argv[1]))
