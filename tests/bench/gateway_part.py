"""The gateway beside one of Gin that does the same work (tests/bench/gin_gateway), in turns on the same core.

One core is the server's; load, engine and database share the other. Needs wrk, and Go as gin_gateway/go.mod says.
The Gin gateway has an HS256 token where ours has EdDSA, and keeps no audit log: it is compared with ours as it ships, which
commits a row for each POST before it answers, and with ours without that row (gateway_without_audit). The engine of both is
a trivial one; "durable" rows go through the real one.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import urllib.parse
import urllib.request

from measure import PartFailed, Row
from services import Services, write_source

ROUNDS, SECONDS, CONNECTIONS = 3, 4, 32
LIST = "/api"  # A fixed text.
PATH = "/api/v1/migrations"
SHORT_BODY = '{"name":"sales","source":"/srv/scripts/sales","target":"duckdb","options":{"max_rebuild_rounds":3}}'
WORDS = "The sales database of the northern region is moved with its history since 2009 and all of its views. "
STEADY_RATE = 1500


def body_of(descriptions):
    """So many variables of a deployment script, 0.4 KB each, with texts that are no attack."""
    variables = {f"Description{n}": WORDS * 4 for n in range(descriptions)}
    return json.dumps({"name": "sales", "source": "/srv/scripts/sales", "target": "duckdb", "options": {"sqlcmd_variables": variables}})


def post_script(body):
    return f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [==[{body}]==]\n"


def cores():
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise PartFailed("two cores are needed: one for the server, one for the load")
    return str(allowed[0]), str(allowed[1])


def build_gin(context):
    if shutil.which("go") is None or shutil.which("wrk") is None:
        raise PartFailed("Go (as tests/bench/gin_gateway/go.mod says) and wrk are needed")
    program = context.out / "gin_gateway"
    built = subprocess.run(["go", "build", "-o", program, "."], cwd=context.root / "tests/bench/gin_gateway",
                           capture_output=True, text=True)
    if built.returncode != 0:
        raise PartFailed(f"the Gin gateway does not build: {built.stderr.strip().splitlines()[-1]}")
    return program


@contextlib.contextmanager
def process(core, *command, lines):
    """Runs a program on one core; yields it and its first lines."""
    running = subprocess.Popen(["taskset", "-c", core, *command], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "GOMAXPROCS": "1"})
    try:
        yield running, [running.stdout.readline().strip() for _ in range(lines)]
    finally:
        running.terminate()
        running.wait()


def load(core, url, token, script=None):
    """One run of wrk: requests a second and the 99th percentile in milliseconds."""
    command = ["taskset", "-c", core, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency",
               "-H", f"Authorization: Bearer {token}", *(["-s", script] if script else []), url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise PartFailed(f"answers were wrong: {[line.strip() for line in text.splitlines() if 'Non-2xx' in line or 'Socket' in line]}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def resident(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def sign_up(port):
    body = json.dumps({"email": "bench@example.com", "password": "a long password"}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/auth/register", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["access_token"]


def in_turns(kind, servers, core, script=None):
    """`servers`: name to (url, token). The best round of each, as other work only takes away."""
    best = {}
    for _ in range(ROUNDS):
        for name, (url, token) in servers.items():
            rate, late = load(core, url, token, script)
            old = best.get(name, (0, float("inf")))
            best[name] = (max(old[0], rate), min(old[1], late))
    for name, (rate, late) in best.items():
        yield Row(f"{kind}, {name}", round(rate), "requests/s", f"{kind}: requests a second")
        yield Row(f"{kind}, {name}, 99 of 100 within", round(late, 2), "ms", f"{kind}: 99th percentile")
    names = list(best)
    for other in names[1:]:
        yield Row(f"{kind}, {names[0]} to {other}", round(best[names[0]][0] / best[other][0], 2), "times")


def post_rows(kind, body, servers, core):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(post_script(body))
        script.flush()
        yield from in_turns(kind, servers, core, script.name)


def steady_rows(kind, body, generator, servers, core):
    """How late answers are at a rate that all of them should serve; the best of the rounds."""
    best = {}
    for _ in range(ROUNDS):
        for name, (url, token) in servers.items():
            place = urllib.parse.urlsplit(url)
            text = subprocess.run(["taskset", "-c", core, generator, str(place.port), place.path, token, body, str(STEADY_RATE), "5"],
                                  capture_output=True, text=True, check=True).stdout
            result = json.loads(text)
            if result["failed"]:
                raise PartFailed(f"{result['failed']} of {result['sent']} steady requests to {name} failed")
            best[name] = min(best.get(name, float("inf")), result["p99_ms"])
    for name, late in best.items():
        yield Row(f"{kind}, {STEADY_RATE} a second, {name}, 99 of 100 within", round(late, 2), "ms", f"{kind} at a steady rate")
    for name in ("datamigrate without audit", "datamigrate"):
        yield Row(f"{kind}, {STEADY_RATE} a second, {name} to Gin", round(best[name] / best["Gin"], 2), "times")


def durable_rows(context):
    """New migrations that are committed by the real engine, beside PostgreSQL's own commits."""
    with Services(context) as services:
        commits = services.commits_a_second(CONNECTIONS, SECONDS)
        source = write_source(services.home / "source")
        engine = services.start_engine("--concurrency", "0")
        server_core, load_core = cores()
        ports = {name: services.start_gateway_on(server_core, engine, "--log-level", "error", program=program)
                 for name, program in (("datamigrate without audit", "gateway_without_audit"), ("datamigrate", "datamigrate-gateway"))}
        token = sign_up(ports["datamigrate"])
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(post_script(json.dumps({"source": source, "target": "duckdb", "name": "durable"})))
            script.flush()
            rates = {name: load(load_core, f"http://127.0.0.1:{port}{PATH}", token, script.name) for name, port in ports.items()}
    yield Row(f"pgbench, one row a commit at {CONNECTIONS} clients", round(commits), "commits/s")
    for name, (rate, late) in rates.items():
        yield Row(f"durable POST at {CONNECTIONS} clients, {name}", round(rate), "requests/s")
        yield Row(f"durable POST, {name}, 99 of 100 within", round(late, 2), "ms")
        yield Row(f"durable POST, {name}, to pgbench", round(rate / commits, 2), "times")


def measure(context):
    server_core, load_core = cores()
    gin = build_gin(context)
    flags = ("--io-threads", "1", "--workers", "8", "--log-level", "error")
    with contextlib.ExitStack() as stack:
        _, (backend,) = stack.enter_context(process(load_core, gin, "-backend", lines=1))
        engine = f"127.0.0.1:{backend}"
        services = stack.enter_context(Services(context))
        port = services.start_gateway_on(server_core, engine, *flags)
        other = services.start_gateway_on(server_core, engine, *flags, program="gateway_without_audit")
        token = sign_up(port)
        ours, unaudited = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}"
        with urllib.request.urlopen(ours + LIST, timeout=30) as answer:
            text = answer.read().decode()
        gins = {}
        for name, rules in (("Gin", "-rules=true"), ("Gin without its patterns", "-rules=false")):
            gins[name] = stack.enter_context(
                process(server_core, gin, "-engine", engine, rules, "-list", text, lines=2))
        (plain, (gin_port, gin_token)), (_, (bare_port, bare_token)) = gins.values()
        yield from in_turns("GET", {"datamigrate": (ours + LIST, token),
                                    "Gin": (f"http://127.0.0.1:{gin_port}{LIST}", gin_token)}, load_core)
        servers = {"datamigrate without audit": (unaudited + PATH, token), "datamigrate": (ours + PATH, token),
                   "Gin": (f"http://127.0.0.1:{gin_port}{PATH}", gin_token),
                   "Gin without its patterns": (f"http://127.0.0.1:{bare_port}{PATH}", bare_token)}
        yield from post_rows("POST", SHORT_BODY, servers, load_core)
        yield from post_rows("POST of 4 KB", body_of(10), servers, load_core)
        # With 4 KB Gin does not come up to the rate.
        for kind, body in (("POST", SHORT_BODY), ("POST of 1 KB", body_of(3))):
            yield from steady_rows(kind, body, context.program("steady_load"), servers, load_core)
        yield Row("memory, datamigrate", round(resident(services.pid("datamigrate-gateway")), 1), "MB", "memory")
        yield Row("memory, Gin", round(resident(plain.pid), 1), "MB", "memory")
    yield from durable_rows(context)
