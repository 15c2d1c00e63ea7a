"""Runs the sample databases' dbt projects for Databricks on Apache Spark in ANSI mode.

projects_on_spark.py DATAMIGRATE DBT [DATABASE ...]: each project is generated, compiled by dbt with the Databricks adapter (no connection is
made), and its models are created as views in their order over the source's rows, where those are at hand (../shared/rows); the
others have empty tables. Every model must run, and every view whose result was captured from the source (../shared/expected)
must return the same rows. A model that ends Spark, or does not end itself, has failed; the next ones get a new Spark.
"""
import collections
import csv
import json
import math
import multiprocessing
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
from py4j.protocol import Py4JError  # noqa: E402
from pyspark.errors import PySparkException  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT / reference.SHARED
# The clock at which the expected results were taken.
CLOCK = "timestamp_ntz'2025-06-16 12:00:00'"
# Northwind's year of sales by category adds up to eight half cents (../shared/expected/northwind/_tie_lines.csv), a cent each, as
# ToleranceOf() of tests/unit/dialects/sample_engine.h says; the others stay within their database's tolerance.
TOLERANCES = {"dbo.Category Sales for 1997": 0.08}
# Views that must fail over their rows, as on SQL Server: the ratio 2086.54 % is cast to decimal(5, 2), which "CAST and CONVERT
# (Transact-SQL)" answers with error 8115, arithmetic overflow.
OVERFLOWS = {"dbo.vw_Sales_Pipeline": "NUMERIC_VALUE_OUT_OF_RANGE"}
PATIENCE = 600  # Seconds for a model.


class ProjectFailed(Exception):
    """A project cannot be compiled; the message says why."""


class SparkFailed(Exception):
    """Spark refuses a statement, or has ended over it; the message says why."""


def is_alive(session):
    try:
        return session.sql("select 1").collect()[0][0] == 1
    except (PySparkException, Py4JError, OSError):
        return False


def serve(connection):
    """Runs the functions that come, with a session as their first argument. Answers with what they return, an error, and whether Spark
    has ended over it."""
    with tempfile.TemporaryDirectory() as folder:
        session = on_spark.start(folder)
        has_ended = False
        while not has_ended:
            function, arguments = connection.recv()
            try:
                result, error = function(session, *arguments), ""
            except (PySparkException, Py4JError, OSError) as raised:  # The latter two: Spark failed inside, or is gone.
                result, error = None, " ".join(str(raised).split())[:300]
                has_ended = not is_alive(session)
            connection.send((result, error, has_ended))


class Engine:
    """A Spark in a process of its own. One that has ended is followed by another, with the same tables and views."""

    def __init__(self):
        self.process = None
        self.kept = []  # Calls to repeat.

    def call(self, function, *arguments, keep=False):
        if self.process is None:
            self.start()
        result = self.ask(function, arguments)
        if keep:
            self.kept.append((function, arguments))
        return result

    def start(self):
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other,), daemon=True)
        self.process.start()
        other.close()
        for function, arguments in self.kept:
            self.ask(function, arguments)

    def ask(self, function, arguments):
        try:
            self.connection.send((function, arguments))
            is_late = not self.connection.poll(PATIENCE)
            result, error, has_ended = (None, f"no answer after {PATIENCE} s", True) if is_late else self.connection.recv()
        except (EOFError, OSError):
            result, error, has_ended = None, "Spark has ended", True
        if has_ended:
            self.end_process()
        if error:
            raise SparkFailed(error)
        return result

    def end_process(self):
        if self.process is not None:
            self.process.kill()
            self.process.join()
        self.process = None

    def stop(self):
        self.end_process()
        self.kept = []


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


def create_view(session, model):
    session.sql(f"create schema if not exists `{model['schema']}`")
    text = model["compiled_code"].replace("localtimestamp()", CLOCK)
    session.sql(f"create or replace view {model['relation_name']} as {text}")


def rows_of(session, relation):
    return [[case_files.text_of(value) for value in row] for row in session.sql(f"select * from {relation}").collect()]


def run_database(engine, manifest, captured, tolerance, failures):
    """Counts of models, of those that run or overflow as on the source, and of captured views and those that are equal."""
    tally = collections.Counter()
    for source in manifest["sources"].values():
        engine.call(create_source, source, SHARED / "rows" / captured if captured else None, keep=True)
    models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    for model in in_order(models):
        tally["models"] += 1
        name = model["config"]["meta"].get("source_object", model["name"])
        try:
            engine.call(create_view, {key: model[key] for key in ("schema", "relation_name", "compiled_code")}, keep=True)
            rows = engine.call(rows_of, model["relation_name"])
        except SparkFailed as error:
            if name in OVERFLOWS and OVERFLOWS[name] in str(error):
                tally["overflow"] += 1
            else:
                failures.append(f"{name} ({model['name']}): {error}")
            continue
        tally["run"] += 1
        path = SHARED / "expected" / captured / f"{name}.csv" if captured else None
        if path is None or not path.exists() or model["name"].startswith("stg_"):
            continue
        tally["captured"] += 1
        found = difference(rows, expected_rows(path), TOLERANCES.get(name, tolerance))
        tally["equal"] += not found
        if found:
            failures.append(f"{name}: {found}")
    return tally


def main():
    program, dbt = sys.argv[1:3]
    wanted = sys.argv[3:] or [database.name for database in reference.DATABASES]
    failures = []
    engine = Engine()
    for database in [one for one in reference.DATABASES if one.name in wanted]:
        scripts = ROOT / database.scripts
        if not scripts.exists():
            print(f"projects on Spark: {database.name} skipped: {scripts} is not there")
            continue
        with tempfile.TemporaryDirectory() as folder:
            manifest = compiled(program, dbt, scripts, pathlib.Path(folder))
        found = []
        tally = run_database(engine, manifest, database.captured, float(database.tolerance), found)
        engine.stop()
        failures += found
        for failure in found:
            print(f"projects on Spark: {failure}", file=sys.stderr, flush=True)
        overflows = f", {tally['overflow']} overflow as on the source" if tally["overflow"] else ""
        print(f"projects on Spark: {database.name}: {tally['run']} of {tally['models']} models run{overflows}, "
              f"{tally['equal']} of {tally['captured']} captured views equal", flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
