"""Runs what Databricks gets on Apache Spark in ANSI mode, and compares values and rows with the cases.

Spark's own tables have no keys and no UPDATE: keys are left out of CREATE TABLE here, and a batch that updates rows is
not run.
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
    rows = []
    for statement in statements(sql.replace(" primary key", "")):
        rows = ["\t".join(map(case_files.text_of, row)) for row in session.sql(statement).collect()]
    return rows


def is_update(sql):
    return re.search(r"^(update|delete from|merge into)\b", sql, re.MULTILINE) is not None


def run_constructs(program, session, tally, failures):
    """The target's own cases: over tables without rows, so that names, functions and types resolve and plans run."""
    cases = list(case_files.constructs("databricks"))
    results = case_files.translate(program, "databricks", [f"{setup}\n{batch}" for _, setup, batch in cases])
    tally["resolved"] = 0
    for (place, _, _), result in zip(cases, results, strict=True):
        drop_tables(session)
        try:
            rows_of(session, result["sql"])
            tally["resolved"] += 1
        except Exception as error:  # As above.
            failures.append(f"{place}\n{result['sql']}\n{str(error).splitlines()[0]}")


def main(program):
    tally = {"equal": 0, "refused": 0, "not run": 0}
    failures = []
    checks = [(place, "SELECT " + expression, expected, True) for place, expression, expected in case_files.values()]
    checks += list(case_files.queries())
    results = case_files.translate(program, "databricks", [batch for _, batch, _, _ in checks])
    with tempfile.TemporaryDirectory() as folder:
        session = start(folder)
        for (place, batch, expected, ordered), result in zip(checks, results, strict=True):
            if not result["ok"]:
                tally["refused"] += 1
                print("refused:", place, result["diagnostics"][0]["message"])
                continue
            if is_update(result["sql"]):
                tally["not run"] += 1
                continue
            drop_tables(session)
            try:
                actual = rows_of(session, result["sql"])
            except Exception as error:  # Each kind of Spark's errors is a failure of the case.
                failures.append(f"{place}\n{result['sql']}\n{str(error).splitlines()[0]}")
                continue
            if case_files.same_rows(actual, expected, ordered):
                tally["equal"] += 1
            else:
                failures.append(f"{place}\n{result['sql']}\ngot {actual} for {expected.splitlines()}")
        run_constructs(program, session, tally, failures)
        session.stop()
    return tally, failures


if __name__ == "__main__":
    case_files.finish("Databricks on Spark", *main(sys.argv[1]))
