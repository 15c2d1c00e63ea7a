"""How fast the parser is, how time and memory grow with the text, and how fast peers are on the same text."""
import pathlib
import re
import tempfile

import peers
from measure import MEGABYTE, PartFailed, Row, run, sample_batches, write_repeated

SIZES = (10 * MEGABYTE, 50 * MEGABYTE, 200 * MEGABYTE)
PEER_BYTES = 2 * MEGABYTE
REPEATS = 5


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
    last, first = SIZES[-1], SIZES[0]
    name = f"{kind}: time of {last // MEGABYTE} MB over time of {first // MEGABYTE} MB (linear: {last // first})"
    rows.append(Row(name, seconds[last] / seconds[first], "times"))
    return rows


def against_peers(context, program, folder, batches):
    path = folder / "peer"
    written = write_repeated(path, batches, b"\0", PEER_BYTES) / MEGABYTE
    others = peers.peers(context, "parse")
    ours, theirs = [], {peer.name: [] for peer in others}
    for _ in range(REPEATS):  # In turns, so that a busy machine slows all of them.
        ours.append(parse_once(program, path))
        for peer in others:
            theirs[peer.name].append(peer.measure(path))
    seconds, _, good, lines = min(ours)
    chart = f"Parsers on the same {PEER_BYTES // MEGABYTE} MB"
    rows = [Row("datamigrate", written / seconds, "MB/s", chart), Row("batches understood by datamigrate", good, f"of {lines}")]
    for peer in others:
        best = min(theirs[peer.name], key=lambda result: result["seconds"])
        rows += [Row(f"{peer.name} {best['version']}", written / best["seconds"], "MB/s", chart),
                 Row(f"datamigrate over {peer.name}", best["seconds"] / seconds, "times"),
                 Row(f"batches understood by {peer.name}", best["understood"], f"of {best['batches']}")]
    return rows


def measure(context):
    batches = list(sample_batches(context.sample))
    # One batch holds what needs no batch of its own: statements that load rows.
    statements = [batch for batch in batches if re.match(r"(?is)\s*(--[^\n]*\n\s*)*(INSERT|SET\s+IDENTITY_INSERT)\b", batch)]
    program = context.program("datamigrate")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        yield from growth(program, folder, "many batches", batches, b"\0")
        yield from growth(program, folder, "one batch", statements, b"\n")
        yield from against_peers(context, program, folder, batches)
