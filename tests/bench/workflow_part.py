"""Steps, jobs and new migrations a second beside LangGraph, graphile-worker, River and pgbench: one PostgreSQL that commits for good, in turns.

Peers are pinned in workflow_peers: langgraph-checkpoint-postgres from PyPI, graphile-worker from npm, River as a Go module. One
that cannot be had is left out, and said so. Each figure is the best of its rounds, as other work only takes away.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile

from measure import PartFailed, Row
from peers import run_or_fail
from services import Services

HERE = pathlib.Path(__file__).resolve().parent / "workflow_peers"
ROUNDS = 3
RUNS = {"datamigrate": 1500, "LangGraph": 40}  # Of ten steps, for each measurement.
JOBS = 60_000
CLIENTS = 4
CALLERS, CREATES, COMMIT_SECONDS = 32, 20_000, 3

CLAIM = """\
WITH next AS (SELECT id FROM pgbench_jobs WHERE owner IS NULL ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED),
 taken AS (UPDATE pgbench_jobs j SET owner = :client_id FROM next WHERE j.id = next.id RETURNING j.id, j.payload)
SELECT coalesce(array_agg(id), '{}') AS ids, coalesce(sum(length(payload)), 0) AS bytes FROM taken \\gset
DELETE FROM pgbench_jobs WHERE id = ANY ((:ids)::bigint[]);
"""


def langgraph_python(out):
    venv, wanted = out / "workflow_venv", (HERE / "requirements.txt").read_text(encoding="utf-8")
    stamp, python = venv / "requirements.txt", venv / "bin/python"
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == wanted):
        run_or_fail(["python3", "-m", "venv", "--clear", venv])
        run_or_fail([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:",
                     "--require-hashes", "-r", HERE / "requirements.txt"])
        stamp.write_text(wanted, encoding="utf-8")
    return python


def graphile_script(out):
    folder = out / "graphile_worker"
    if shutil.which("npm") is None:
        raise PartFailed("npm is not installed")
    folder.mkdir(exist_ok=True)
    for file in (HERE / "graphile_worker").iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    if not (folder / "node_modules/graphile-worker").exists():
        run_or_fail(["npm", "ci", "--silent", "--ignore-scripts"], cwd=folder)
    return folder / "jobs.mjs"


def river_program(out):
    if shutil.which("go") is None:
        raise PartFailed("Go is not installed")
    run_or_fail(["go", "build", "-o", out / "river_jobs", "."], cwd=HERE / "river")
    return out / "river_jobs"


class Measurement:
    """Databases of their own on one server, so that nobody's dead rows are in another's way."""

    def __init__(self, services):
        self._services = services
        self._count = 0

    def fresh(self):
        self._count += 1
        return self._services.fresh_database(f"bench_{self._count}")

    def rate(self, *command):
        """The figure that a program prints, on a database that is dropped afterwards."""
        url = self.fresh()
        result = subprocess.run([str(word).replace("URL", url) for word in command], capture_output=True, text=True)
        self._services.drop_database(url)
        if result.returncode != 0:
            raise PartFailed((result.stderr.strip() or f"{command[0]} failed").splitlines()[-1])
        return json.loads(result.stdout.strip().splitlines()[-1])["per_second"]

    def commits(self):
        url = self.fresh()
        rate = self._services.commits_a_second(CALLERS, COMMIT_SECONDS, url)
        self._services.drop_database(url)
        return rate

    def pgbench(self):
        url = self.fresh()
        self._services.psql(url, "CREATE TABLE pgbench_jobs (id bigint PRIMARY KEY, owner integer, payload bytea NOT NULL) WITH (fillfactor = 50);"
                                 f"INSERT INTO pgbench_jobs SELECT i, NULL, convert_to(repeat('a', 1024), 'UTF8') FROM generate_series(1, {JOBS}) i;")
        self._services.psql(url, "VACUUM ANALYZE pgbench_jobs")
        self._services.psql(url, "CHECKPOINT")
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(CLAIM)
            script.flush()
            text = self._services.pgbench("-n", "-M", "prepared", f"-c{CLIENTS}", "-j2", f"-t{JOBS // 100 // CLIENTS}", "-f", script.name, url)
        left = self._services.psql(url, "SELECT count(*) FROM pgbench_jobs")
        self._services.drop_database(url)
        if left.strip() != "0":
            raise PartFailed(f"pgbench left {left.strip()} jobs over")
        return float(text.partition("tps = ")[2].split()[0]) * 100


def in_turns(context, contenders, rounds=ROUNDS):
    """`contenders`: name to function. Rates by name; those that fail are left out."""
    rates = {}
    for _ in range(rounds):
        for name, measure in list(contenders.items()):
            try:
                rates.setdefault(name, []).append(measure())
            except (PartFailed, OSError, KeyError, ValueError) as error:
                context.say(f"workflow: no figure of {name}: {error}")
                del contenders[name]
                rates.pop(name, None)
    return rates


def rows(chart, unit, rates, ours):
    for name, values in rates.items():
        yield Row(f"{chart}, {name}", round(max(values)), unit, chart)
        yield Row(f"{chart}, {name}, median of {len(values)}", round(statistics.median(values)), unit)
    for name, values in rates.items():
        if name != ours:
            yield Row(f"{chart}, {ours} to {name}", round(max(rates[ours]) / max(values), 2), "times")


def had(context, name, maker):
    try:
        return maker(context.out)
    except PartFailed as error:
        context.say(f"workflow: no comparison with {name}: {error}")
        return None


def step_rows(context, measurement, program, python):
    for workers in (1, 8):
        contenders = {
            "datamigrate": lambda: measurement.rate(program, "steps", "URL", workers, RUNS["datamigrate"], "ahead"),
            "datamigrate, each step waited for":
                lambda: measurement.rate(program, "steps", "URL", workers, RUNS["datamigrate"] // 3, "waiting"),
        }
        for durability in ("async", "sync") if python else ():
            contenders[f"LangGraph, {durability}"] = lambda durability=durability: measurement.rate(
                python, HERE / "langgraph_steps.py", "URL", workers, RUNS["LangGraph"] * min(workers, 2), durability)
        yield from rows(f"steps, {workers} worker{'s' if workers > 1 else ''}", "steps/s", in_turns(context, contenders), "datamigrate")


def job_rows(context, measurement, program, graphile, river):
    contenders = {"datamigrate": lambda: measurement.rate(program, "jobs", "URL", CLIENTS, JOBS, 256),
                  "datamigrate, 100 at a time": lambda: measurement.rate(program, "jobs", "URL", CLIENTS, JOBS, 100)}
    if graphile:
        contenders["graphile-worker"] = lambda: measurement.rate("node", graphile, "URL", JOBS, 24, 500)
    if river:
        contenders["River"] = lambda: measurement.rate(river, "URL", JOBS, 1000)
    contenders["pgbench, 100 at a time"] = measurement.pgbench
    yield from rows("jobs of 1 KB", "jobs/s", in_turns(context, contenders), "datamigrate")


def create_rows(context, measurement, program):
    """New migrations without gRPC and HTTP. The store commits those that wait together, pgbench's clients each for itself."""
    contenders = {"datamigrate": lambda: measurement.rate(program, "creates", "URL", CALLERS, CREATES),
                  "pgbench, one row a commit": measurement.commits}
    yield from rows(f"new migrations for {CALLERS} callers", "creates/s", in_turns(context, contenders), "datamigrate")


def measure(context):
    program = context.program("workflow_speed")
    python = had(context, "LangGraph", langgraph_python)
    graphile = had(context, "graphile-worker", graphile_script)
    river = had(context, "River", river_program)
    with Services(context) as services:
        measurement = Measurement(services)
        yield from step_rows(context, measurement, program, python)
        yield from job_rows(context, measurement, program, graphile, river)
        yield from create_rows(context, measurement, program)
