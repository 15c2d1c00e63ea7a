"""Runs the sample databases' dbt projects for Databricks on Apache Spark in ANSI mode.

projects_on_spark.py DATAMIGRATE DBT [DATABASE ...]: each project is generated, compiled by dbt with the Databricks adapter (no connection is
made), and its models are created as views in their order over the source's rows, where those are at hand (../shared/rows); the
others have empty tables. Every model must run, and every view whose result was captured from the source (../shared/expected)
must return the same rows.
"""
import collections
import csv
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "docs"))
import case_files  # noqa: E402
import on_spark  # noqa: E402
import reference  # noqa: E402
from py4j.protocol import Py4JJavaError  # noqa: E402
from pyspark.errors import PySparkException  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT / reference.SHARED
# The clock at which the expected results were taken.
CLOCK = "timestamp_ntz'2025-06-16 12:00:00'"


class ProjectFailed(Exception):
    """A project cannot be compiled; the message says why."""


def compiled(program, dbt, scripts, folder):
    """dbt's manifest of the project, with the text of every model."""
    project = folder / "project"
    environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_DATABRICKS_CATALOG": "spark_catalog"}
    for name in ("DBT_DATABRICKS_HOST", "DBT_DATABRICKS_HTTP_PATH", "DBT_ENV_SECRET_DATABRICKS_TOKEN"):
        environment[name] = "unused"
    for command in ([program, "generate", "--source", scripts, "--target", "databricks", "--out", project, "--json"],
                    [dbt, "compile", "--no-introspect", "--no-populate-cache", "--profiles-dir", project, "--project-dir", project]):
        finished = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=environment)
        if finished.returncode != 0:
            raise ProjectFailed(f"{command[1]} ended with {finished.returncode}: {(finished.stderr or finished.stdout).strip()[-300:]}")
    return json.loads((project / "target/manifest.json").read_text(encoding="utf-8"))


def in_order(models):
    """The models, each after those that it reads."""
    done, ordered = set(), []

    def visit(model):
        if model["unique_id"] in done:
            return
        done.add(model["unique_id"])
        for name in model["depends_on"]["nodes"]:
            if name in models:
                visit(models[name])
        ordered.append(model)

    for model in models.values():
        visit(model)
    return ordered


def loaded(column):
    """The expression that makes a column's value of its text in a CSV file."""
    text, kind = f"`{column['name']}`", column["data_type"]
    if kind == "BINARY":
        return f"unhex(substr({text}, 3))"
    if kind == "BOOLEAN":
        return f"cast(cast({text} as int) as boolean)"
    return f"cast({text} as {kind})"


def create_source(session, source, rows):
    """The source's table, as a view of its file where there is one."""
    columns = list(source["columns"].values())
    session.sql(f"create schema if not exists `{source['schema']}`")
    path = rows / f"{source['meta']['source_object']}.csv" if rows else None
    if path is None or not path.exists():
        definition = ", ".join(f"`{column['name']}` {column['data_type']}" for column in columns)
        session.sql(f"create table {source['relation_name']} ({definition}) using parquet")
        return
    read = session.read.options(header=True, multiLine=True, quote='"', escape='"', nullValue="\\N", emptyValue="").csv(str(path))
    read.createOrReplaceTempView("staged")
    values = ", ".join(f"{loaded(column)} as `{column['name']}`" for column in columns)
    session.sql(f"create table {source['relation_name']} using parquet as select {values} from staged")


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def without_zeros(text):
    return re.sub(r"(:\d\d)\.?0*$|(\.\d*?)0+$", r"\1\2", text) if ":" in text else text


def same(left, right, tolerance):
    left, right = without_zeros(left.rstrip(" ")), without_zeros(right.rstrip(" "))
    if left == right:
        return True
    first, second = number(left), number(right)
    if first is None or second is None:
        return False
    return abs(first - second) <= max(tolerance, 1e-9 * abs(second))


def sort_key(row):
    keys = []
    for cell in row:
        value = number(cell)
        keys.append(str(round(value)) if value is not None and math.isfinite(value) else cell.rstrip(" ")[:19])
    return keys


def difference(actual, expected, tolerance):
    """Empty when both hold the same rows, in any order."""
    if len(actual) != len(expected):
        return f"{len(actual)} rows for {len(expected)}"
    for left, right in zip(sorted(actual, key=sort_key), sorted(expected, key=sort_key), strict=True):
        for one, other in zip(left, right, strict=True):
            if not same(one, other, tolerance):
                return f"{one!r} for {other!r}"
    return ""


def expected_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [["NULL" if cell == "\\N" else cell for cell in row] for row in rows]


def run_database(session, manifest, captured, tolerance, failures):
    """Counts of models, of those that run, and of captured views and those that are equal."""
    tally = collections.Counter()
    for source in manifest["sources"].values():
        create_source(session, source, SHARED / "rows" / captured if captured else None)
    models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    for model in in_order(models):
        tally["models"] += 1
        text = model["compiled_code"].replace("localtimestamp()", CLOCK)
        name = model["config"]["meta"].get("source_object", model["name"])
        try:
            session.sql(f"create schema if not exists `{model['schema']}`")
            session.sql(f"create or replace view {model['relation_name']} as {text}")
            rows = [[case_files.text_of(value) for value in row] for row in session.sql(f"select * from {model['relation_name']}").collect()]
        except (PySparkException, Py4JJavaError) as error:  # The latter: Spark failed inside.
            failures.append(f"{name}: {' '.join(str(error).split())[:300]}")
            continue
        tally["run"] += 1
        path = SHARED / "expected" / captured / f"{name}.csv" if captured else None
        if path is None or not path.exists() or model["name"].startswith("stg_"):
            continue
        tally["captured"] += 1
        found = difference(rows, expected_rows(path), tolerance)
        tally["equal"] += not found
        if found:
            failures.append(f"{name}: {found}")
    return tally


def drop_schemas(session):
    for row in session.sql("show schemas").collect():
        if row["namespace"] != "default":
            session.sql(f"drop schema `{row['namespace']}` cascade")


def main():
    program, dbt = sys.argv[1:3]
    wanted = sys.argv[3:] or [database.name for database in reference.DATABASES]
    failures = []
    with tempfile.TemporaryDirectory() as name:
        session = on_spark.start(name)
        for database in [one for one in reference.DATABASES if one.name in wanted]:
            scripts = ROOT / database.scripts
            if not scripts.exists():
                print(f"projects on Spark: {database.name} skipped: {scripts} is not there")
                continue
            with tempfile.TemporaryDirectory() as folder:
                manifest = compiled(program, dbt, scripts, pathlib.Path(folder))
            found = []
            tally = run_database(session, manifest, database.captured, float(database.tolerance), found)
            failures += found
            for failure in found:
                print(f"projects on Spark: {failure}", file=sys.stderr, flush=True)
            print(f"projects on Spark: {database.name}: {tally['run']} of {tally['models']} models run, "
                  f"{tally['equal']} of {tally['captured']} captured views equal", flush=True)
            drop_schemas(session)
        session.stop()
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
