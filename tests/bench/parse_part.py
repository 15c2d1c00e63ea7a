"""How fast the parser is, how time and memory grow with the text, and how fast a peer is on the same text."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from measure import MEGABYTE, PartFailed, Row, run

SIZES = (5 * MEGABYTE, 10 * MEGABYTE, 20 * MEGABYTE)
PEER_BYTES = 2 * MEGABYTE
REPEATS = 5
HERE = pathlib.Path(__file__).resolve().parent


def sample_batches(sample):
    """The batches of the scripts, as GO splits them."""
    for path in sorted(sample.glob("*.sql")):
        for batch in re.split(r"(?im)^[ \t]*GO[ \t]*(?:--.*)?$", path.read_text(encoding="utf-8-sig")):
            if batch.strip():
                yield batch


def write_repeated(path, parts, separator, size):
    """Writes the parts again and again until the file has `size` bytes; returns its size."""
    encoded = [part.encode() for part in parts]
    written = 0
    with open(path, "wb") as file:
        while written < size:
            for part in encoded:
                written += file.write((separator if written else b"") + part)
                if written >= size:
                    break
    return written


def parse_once(program, path):
    """(parser seconds, peak bytes, lines that are ok, lines)"""
    finished = run([program, "parse", "--stdin-batches", "--format", "jsonl"], stdin=path)
    last = finished.err.rstrip("\n").rpartition("\n")[2]
    match = re.fullmatch(r"PARSE_SECONDS ([0-9.]+)", last)
    if not match:
        raise PartFailed("standard error does not end with PARSE_SECONDS")
    return float(match[1]), finished.peak_bytes, finished.out.count('"ok":true'), finished.out.count("\n")


def parse(program, path):
    """The fastest of some runs."""
    return min(parse_once(program, path) for _ in range(REPEATS))


def growth(program, folder, kind, parts, separator):
    """Rows for one kind of text at every size: megabytes a second, and bytes of memory for a byte of text."""
    empty = folder / "empty"
    empty.touch()
    floor = parse(program, empty)[1]
    rows, seconds = [], {}
    for size in SIZES:
        path = folder / "text"
        written = write_repeated(path, parts, separator, size)
        seconds[size], peak, good, lines = parse(program, path)
        label = f"{kind}, {size // MEGABYTE} MB"
        rows.append(Row(label, written / MEGABYTE / seconds[size], "MB/s", f"Parser, {kind}"))
        rows.append(Row(f"{label}: memory", max(0, peak - floor) / written, "bytes/source byte", f"Parser's memory, {kind}"))
        if good != lines:
            rows.append(Row(f"{label}: not understood", lines - good, f"of {lines}"))
    rows.append(Row(f"{kind}: time of 20 MB over time of 5 MB (linear: 4)", seconds[SIZES[-1]] / seconds[SIZES[0]], "times"))
    return rows


def peer_python(out):
    """Python of the virtual environment with the peer; installs it the first time."""
    venv = out / "venv"
    python = venv / "bin/python"
    stamp = venv / "requirements.txt"
    wanted = (HERE / "requirements.txt").read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    commands = ([sys.executable, "-m", "venv", "--clear", venv],
                [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:",
                 "--require-hashes", "-r", HERE / "requirements.txt"])
    for command in commands:
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            raise PartFailed((result.stderr.strip() or result.stdout.strip()).splitlines()[-1])
    stamp.write_text(wanted, encoding="utf-8")
    return python


def against_peer(program, folder, batches, out):
    path = folder / "peer"
    written = write_repeated(path, batches, b"\0", PEER_BYTES) / MEGABYTE
    python = peer_python(out)
    ours, peers = [], []
    for _ in range(REPEATS):  # In turns, so that a busy machine slows both.
        ours.append(parse_once(program, path))
        peers.append(json.loads(run([python, HERE / "sqlglot_batches.py"], stdin=path).out))
    seconds, _, good, lines = min(ours)
    peer = min(peers, key=lambda result: result["seconds"])
    chart = f"Parsers on the same {PEER_BYTES // MEGABYTE} MB"
    return [Row("datamigrate", written / seconds, "MB/s", chart),
            Row(f"sqlglot {peer['version']} with its compiled core", written / peer["seconds"], "MB/s", chart),
            Row("datamigrate over sqlglot", peer["seconds"] / seconds, "times"),
            Row("batches understood by datamigrate", good, f"of {lines}"),
            Row("batches understood by sqlglot", peer["understood"], f"of {peer['batches']}")]


def measure(context):
    batches = list(sample_batches(context.sample))
    # One batch holds what needs no batch of its own: statements that load rows.
    statements = [batch for batch in batches if re.match(r"(?is)\s*(--[^\n]*\n\s*)*(INSERT|SET\s+IDENTITY_INSERT)\b", batch)]
    program = context.program("datamigrate")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        yield from growth(program, folder, "many batches", batches, b"\0")
        yield from growth(program, folder, "one batch", statements, b"\n")
        try:
            yield from against_peer(program, folder, batches, context.out)
        except PartFailed as error:
            context.say(f"parse: no comparison with sqlglot: {error}")
