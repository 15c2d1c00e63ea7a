"""The model router beside LiteLLM's proxy, in one run, in front of the same upstream (tests/bench/model_upstream).

The router is asked through the engine's gRPC ModelService, with a PostgreSQL to record in, LiteLLM through its HTTP API, with
nothing to record in; each alone on one core, while load, upstream and database share the other. "Added" is the time of an
answer less that of the upstream asked directly at the same rate, quantile by quantile. Needs Go, and LiteLLM as
tests/providers/requirements.txt has it in build/deps/venv-providers (or the Python that PROVIDERS_PYTHON names).
"""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.request

from gateway_part import cores
from measure import MEGABYTE, PartFailed, Row
from services import Services

RATES, SECONDS, DELAY_MS, ALIASES = (20, 100, 1000), 5, 20, 8
PATIENCE_SECONDS = 120  # A load that takes longer has met a proxy that cannot keep its rate.
FAULTS = {"refuses": None, "answers 500": "500", "hangs at connect": "hang"}


def build_upstream(context):
    if shutil.which("go") is None:
        raise PartFailed("Go is needed for the upstream")
    program = context.out / "model_upstream"
    built = subprocess.run(["go", "build", "-o", program, "."], cwd=context.root / "tests/bench/model_upstream",
                           capture_output=True, text=True)
    if built.returncode != 0:
        raise PartFailed(f"the upstream does not build: {built.stderr.strip().splitlines()[-1]}")
    return program


@contextlib.contextmanager
def upstream(core, program, delay_ms, status):
    running = subprocess.Popen(["taskset", "-c", core, program, "0", str(delay_ms), status], stdout=subprocess.PIPE, text=True)
    try:
        yield int(running.stdout.readline())
    finally:
        running.kill()
        running.wait()


def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def resident_bytes(pid):
    """Of a process and its children: what it holds now."""
    total, todo = 0, [pid]
    while todo:
        pid = todo.pop()
        with contextlib.suppress(OSError):
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            total += 1024 * int(status.split("VmRSS:")[1].split()[0])
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                todo += [int(child) for child in (task / "children").read_text().split()]
    return total


def load(context, core, kind, address, model, rate, seconds=SECONDS):
    """What model_load prints; nothing when it does not come to an end."""
    command = ["taskset", "-c", core, context.program("model_load"), kind, address, model, str(rate), str(seconds)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0:
        raise PartFailed(f"the load failed: {done.stderr.strip()[-300:]}")
    return json.loads(done.stdout)


def write_routes(path, good, bad_ports):
    models = [("m", [good])]
    for fault, port in bad_ports.items():
        models += [(f"{fault.split()[0]}-{n}", [port, good]) for n in range(ALIASES)]
    text = "models:\n"
    for name, ports in models:
        text += f"  {name}:\n    context: 100000\n    max_output: 8000\n    price: {{input: 1, output: 2}}\n    deployments:\n"
        for position, port in enumerate(ports):
            text += (f"      - {{name: {name}-{position}, protocol: vllm, url: \"http://127.0.0.1:{port}\", model: mock, "
                     "connect_timeout: 40ms}\n")
    text += "tiers: {simple: m, medium: m, complex: m, critical: m}\n"
    path.write_text(text)


def write_litellm(path, good, bad_ports):
    models = [("m", [good])]
    for fault, port in bad_ports.items():
        models += [(f"{fault.split()[0]}-{n}", [port, good]) for n in range(ALIASES)]
    entries = [{"model_name": name, "litellm_params": {"model": "openai/mock", "api_base": f"http://127.0.0.1:{port}/v1",
                                                      "api_key": "none", "timeout": 1}}
               for name, ports in models for port in ports]
    path.write_text(json.dumps({"model_list": entries, "router_settings": {"num_retries": 2},
                                "general_settings": {"master_key": "sk-bench"}}))


@contextlib.contextmanager
def litellm(folder, core, good, bad_ports):
    python = os.environ.get("PROVIDERS_PYTHON", "build/deps/venv-providers/bin/python")
    program = pathlib.Path(python).parent / "litellm"
    if not program.exists():
        raise PartFailed(f"there is no {program}; install tests/providers/requirements.txt there")
    config, port = folder / "litellm.yaml", closed_port()
    write_litellm(config, good, bad_ports)
    with open(folder / "litellm.log", "w", encoding="utf-8") as log:
        running = subprocess.Popen(["taskset", "-c", core, program, "--config", config, "--port", str(port), "--host", "127.0.0.1"],
                                   stdout=log, stderr=subprocess.STDOUT,
                                   env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"})
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health/liveliness", timeout=1)
                break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", running.pid
    finally:
        running.terminate()
        running.wait()


def measure_fail_over(context, name, kind, address, core):
    """Each call meets the fault anew, as no deployment has served one before."""
    for fault in FAULTS:
        taken = [load(context, core, kind, address, f"{fault.split()[0]}-{n}", 0) for n in range(ALIASES)]
        failed = sum(once["failed"] for once in taken)
        note = f", {failed} of {ALIASES} gave no answer" if failed else ""
        slowest = max(once["first_ms"] for once in taken)
        yield Row(f"{name}, fail over when one {fault}, slowest of {ALIASES}{note}", max(0, slowest - DELAY_MS), "ms",
                  f"Fail over: one {fault}")


def measure_one(context, name, kind, address, pid, core, direct):
    load(context, core, kind, address, "m", 20, 2)  # Warm.
    yield from measure_fail_over(context, name, kind, address, core)
    for rate in RATES:
        taken = load(context, core, kind, address, "m", rate)
        if taken is None:
            yield Row(f"{name}, {rate}/s for {SECONDS} s, not answered after", PATIENCE_SECONDS, "s")
            continue
        failed = f", {taken['failed']} of {taken['sent']} failed" if taken["failed"] else ""
        for quantile in ("p50", "p95", "p99"):
            added = taken[f"{quantile}_ms"] - direct[rate][f"{quantile}_ms"]
            yield Row(f"{name}, added at {rate}/s, {quantile}{failed}", max(0, added), "ms", f"Added at {rate} requests/s")
    yield Row(f"{name}, memory after the load", resident_bytes(pid) / MEGABYTE, "MB", "Memory")


def measure(context):
    proxy_core, other_core = cores()
    program = build_upstream(context)
    with contextlib.ExitStack() as stack:
        good = stack.enter_context(upstream(other_core, program, DELAY_MS, "200"))
        bad = {fault: closed_port() if status is None else stack.enter_context(upstream(other_core, program, 0, status))
               for fault, status in FAULTS.items()}
        direct = {rate: load(context, other_core, "http", f"http://127.0.0.1:{good}", "mock", rate) for rate in RATES}
        for rate in RATES:
            yield Row(f"the upstream itself at {rate}/s, p95", direct[rate]["p95_ms"], "ms")
        services = stack.enter_context(Services(context))
        routes = services.home / "routes.yaml"
        write_routes(routes, good, bad)
        port = services.start_engine_on(proxy_core, "--routes", routes)
        pid = services.pid("datamigrate-engine")
        yield from measure_one(context, "DataMigrate", "grpc", f"127.0.0.1:{port}", pid, other_core, direct)
        url, pid = stack.enter_context(litellm(services.home, proxy_core, good, bad))
        yield from measure_one(context, "LiteLLM", "http", url, pid, other_core, direct)
