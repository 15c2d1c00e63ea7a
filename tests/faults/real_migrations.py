"""Whole migrations, with dbt and the loading of rows, by engines that are killed at random."""
import json
import os
import pathlib
import random
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ORDERS = 200
SCRIPT = """CREATE TABLE dbo.Customer (CustomerId int NOT NULL PRIMARY KEY, Name nvarchar(40) NOT NULL);
GO
CREATE TABLE dbo.SalesOrder (OrderId int NOT NULL PRIMARY KEY, CustomerId int NOT NULL REFERENCES dbo.Customer (CustomerId), Amount money NOT NULL);
GO
CREATE VIEW dbo.OrderTotals AS SELECT CustomerId, SUM(Amount) AS Total FROM dbo.SalesOrder GROUP BY CustomerId;
GO
CREATE VIEW dbo.BigCustomers AS SELECT c.Name, t.Total FROM dbo.Customer c JOIN dbo.OrderTotals t ON t.CustomerId = c.CustomerId WHERE t.Total > 100;
GO
"""
STEPS = ["assessment", "planner", "executor", "data", "tester", "optimizer", "evaluation"]
OPEN = "status NOT IN ('completed', 'failed', 'cancelled')"
SET_ASIDE = "status = 'failed' AND error LIKE 'set aside%'"


class Wrong(Exception):
    """A migration did not end right."""


class Engines:
    """Engines of one database and one home, on the programs of a build."""

    def __init__(self, programs, server, folder, dbt):
        self._programs, self._dbt, self._starts = programs, dbt, 0
        self._home = folder / "engines"
        self._home.mkdir()
        self.server, self.url = server, server.fresh()
        self.kills = 0

    def start(self):
        """The process and its address, once it serves."""
        self._starts += 1
        port, log = self._home / f"port-{self._starts}", self._home / f"log-{self._starts}"
        with open(log, "w", encoding="utf-8") as out:
            engine = subprocess.Popen(
                [self._programs / "datamigrate-engine", "--listen", "127.0.0.1:0", "--port-file", port, "--home", self._home, "--dbt", self._dbt,
                 "--lease-seconds", "3", "--source-root", "/", "--concurrency", "1"],
                env={**os.environ, "DATAMIGRATE_DATABASE_URL": self.url}, stdout=out, stderr=out)
        for _ in range(600):
            if port.exists() and port.read_text(encoding="ascii").strip():
                return engine, f"127.0.0.1:{int(port.read_text(encoding='ascii'))}"
            if engine.poll() is not None:
                break
            time.sleep(0.05)
        raise Wrong(f"an engine does not start: {log.read_text(encoding='utf-8')[-500:]}")

    def kill(self, engine):
        self.kills += engine.poll() is None
        engine.kill()
        engine.wait()

    def call(self, address, *words):
        done = subprocess.run([self._programs / "datamigrate", *words, "--engine", address], capture_output=True, text=True)
        if done.returncode != 0:
            raise Wrong(f"datamigrate {words[0]}: {done.stderr.strip()}")
        return done.stdout

    def ask(self, text):
        return self.server.ask(self.url, text)


def create(engines, address, folder, runs):
    source = folder / "shop"
    source.mkdir()
    rows = [f"INSERT INTO dbo.Customer VALUES ({i}, N'Customer {i}');\n" for i in range(1, 11)]
    rows += [f"INSERT INTO dbo.SalesOrder VALUES ({i}, {1 + i % 10}, {i});\n" for i in range(1, ORDERS + 1)]
    (source / "shop.sql").write_text(SCRIPT + "".join(rows), encoding="utf-8")
    for _ in range(runs):
        engines.call(address, "migrate", "--source", str(source), "--detach")


def check(engines, runs):
    """Every migration is approved with all its rows, each step ended once, and no event is missing."""
    ended = engines.ask("SELECT m.id || '|' || m.status || '|' || coalesce(m.error, '') || '|' || m.summary FROM migrations m")
    if len(ended) != runs:
        raise Wrong(f"{len(ended)} migrations of {runs} are there")
    for row in ended:
        run, status, error, summary = row.split("|", 3)
        if status != "completed":
            raise Wrong(f"migration {run} ended as {status}: {error}")
        said = json.loads(summary)
        loaded = int(said["deployment_result"]["rows_loaded"])
        if not said["validation_result"]["approved"] or loaded != ORDERS + 10:
            raise Wrong(f"migration {run} loaded {loaded} rows: {said['validation_result']}")
    gaps = engines.ask("SELECT m.id FROM migrations m WHERE m.last_event <> (SELECT count(*) FROM migration_events e WHERE e.migration_id = m.id)")
    repeated = engines.ask("SELECT migration_id || ' ' || (payload->>'node') FROM migration_events WHERE kind IN ('node_completed')"
                           " GROUP BY migration_id, payload->>'node' HAVING count(*) > 1")
    finished = int(engines.ask("SELECT count(*) FROM migration_events WHERE kind = 'node_completed'")[0])
    if gaps or repeated or finished != runs * len(STEPS):
        raise Wrong(f"events missing in {gaps[:3]}, steps ended twice in {repeated[:3]}, {finished} steps ended")


def wait_for_a_step(engines, before):
    """How many steps have ended, once there are more than before or no migration is open."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        ended = int(engines.ask("SELECT count(*) FROM migration_events WHERE kind = 'node_completed'")[0])
        if ended > before or not engines.ask(f"SELECT 1 FROM migrations WHERE {OPEN} LIMIT 1"):
            return ended
        time.sleep(0.1)
    raise Wrong("no step has ended for three minutes")


def kill_at_random(options, server, folder):
    """What was seen, in a line. Raises Wrong."""
    chance = random.Random(options.seed)
    engines = Engines(options.program.parent, server, folder, ROOT / "build/deps/venv/bin/dbt")
    running = [engines.start() for _ in range(options.engines)]
    create(engines, running[0][1], folder, options.runs)
    restarts, resumed, ended = 0, 0, 0
    deadline = time.monotonic() + 120 + 40 * options.runs
    while engines.ask(f"SELECT 1 FROM migrations WHERE {OPEN} OR {SET_ASIDE} LIMIT 1"):
        if time.monotonic() > deadline:
            raise Wrong(f"too slow; open are {engines.ask(f'SELECT id, status FROM migrations WHERE {OPEN} LIMIT 5')}")
        # However slow the machine is, something has to get on between two kills.
        ended = wait_for_a_step(engines, ended)
        time.sleep(chance.uniform(0, 3))
        place = chance.randrange(len(running))
        engines.kill(running[place][0])
        if restarts < options.restarts and engines.kills % 5 == 0:
            server.kill()
            restarts += 1
        running[place] = engines.start()
        # Chance may stop one step five times, which then waits for a person.
        for run in engines.ask(f"SELECT id FROM migrations WHERE {SET_ASIDE}"):
            engines.call(running[place][1], "resume", run)
            resumed += 1
    for engine, _ in running:
        engine.terminate()
        if engine.wait(60) != 0:
            raise Wrong(f"an engine that nobody killed ended with {engine.returncode}")
    check(engines, options.runs)
    return (f"{engines.kills} kills, {restarts} crashes of PostgreSQL, {options.engines} engines, {options.runs} migrations approved, "
            f"{resumed} set aside and resumed")
