"""The gateway beside one of Gin that does the same work (tests/bench/gin_gateway), in turns on the same core.

One core is the server's; load, engine and database share the other. Needs wrk, and Go as gin_gateway/go.mod says.
The Gin gateway has an HS256 token where ours has EdDSA, and keeps no audit log where ours writes a row for each POST.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import urllib.request

from measure import PartFailed, Row
from services import Services

ROUNDS, SECONDS, CONNECTIONS = 3, 4, 32
LIST = "/api"  # A fixed text.
POST_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"name":"sales","source":"/srv/scripts/sales","target":"duckdb","options":{"max_rebuild_rounds":3}}'
"""


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


def measure(context):
    server_core, load_core = cores()
    gin = build_gin(context)
    with contextlib.ExitStack() as stack:
        _, (backend,) = stack.enter_context(process(load_core, gin, "-backend", lines=1))
        engine = f"127.0.0.1:{backend}"
        services = stack.enter_context(Services(context))
        port = services.start_gateway_on(server_core, engine, "--io-threads", "1", "--workers", "8", "--log-level", "error")
        token = sign_up(port)
        ours = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(ours + LIST, timeout=30) as answer:
            text = answer.read().decode()
        gins = {}
        for name, rules in (("Gin", "-rules=true"), ("Gin without its patterns", "-rules=false")):
            gins[name] = stack.enter_context(
                process(server_core, gin, "-engine", engine, rules, "-list", text, lines=2))
        (plain, (gin_port, gin_token)), (_, (bare_port, bare_token)) = gins.values()
        yield from in_turns("GET", {"datamigrate": (ours + LIST, token),
                                    "Gin": (f"http://127.0.0.1:{gin_port}{LIST}", gin_token)}, load_core)
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(POST_SCRIPT)
            script.flush()
            path = "/api/v1/migrations"
            yield from in_turns("POST", {"datamigrate": (ours + path, token),
                                         "Gin": (f"http://127.0.0.1:{gin_port}{path}", gin_token),
                                         "Gin without its patterns": (f"http://127.0.0.1:{bare_port}{path}", bare_token)},
                                load_core, script.name)
        yield Row("memory, datamigrate", round(resident(services.pid("datamigrate-gateway")), 1), "MB", "memory")
        yield Row("memory, Gin", round(resident(plain.pid), 1), "MB", "memory")
