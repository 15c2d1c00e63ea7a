"""How fast queries are translated (parsed, bound, lowered, printed), and how fast peers are on the same text."""
import json
import pathlib
import re
import tempfile

import peers
from measure import MEGABYTE, PartFailed, Row, run, sample_batches, write_repeated

TEXT_BYTES = 1 * MEGABYTE
REPEATS = 5


def transpile_once(program, sample, path):
    """(seconds, batches translated, batches)"""
    finished = run([program, "transpile", "--to", "duckdb", "--catalog", sample, "--stdin-batches"], stdin=path)
    match = re.search(r"^TRANSPILE_SECONDS ([0-9.]+)$", finished.err, re.MULTILINE)
    if not match:
        raise PartFailed("standard error has no TRANSPILE_SECONDS")
    lines = finished.out.splitlines()
    return float(match[1]), sum(json.loads(line)["ok"] for line in lines), len(lines)


def measure(context):
    views = [batch for batch in sample_batches(context.sample)
             if re.match(r"(?is)(\s|--[^\n]*\n|/\*.*?\*/)*CREATE\s+(OR\s+ALTER\s+)?VIEW\b", batch)]
    program = context.program("datamigrate")
    others = peers.peers(context, "transpile")
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "views"
        written = write_repeated(path, views, b"\0", TEXT_BYTES) / MEGABYTE
        ours, theirs = [], {peer.name: [] for peer in others}
        for _ in range(REPEATS):  # In turns, so that a busy machine slows all of them.
            ours.append(transpile_once(program, context.sample, path))
            for peer in others:
                theirs[peer.name].append(peer.measure(path))
    seconds, translated, lines = min(ours)
    chart = f"The sample's views to DuckDB, {TEXT_BYTES // MEGABYTE} MB, one thread"
    yield Row("datamigrate", written / seconds, "MB/s", chart)
    for peer in others:
        best = min(theirs[peer.name], key=lambda result: result["seconds"])
        yield Row(f"{peer.name} {best['version']}", written / best["seconds"], "MB/s", chart)
        yield Row(f"datamigrate over {peer.name}", best["seconds"] / seconds, "times")
    yield Row("views translated by datamigrate", translated, f"of {lines}")
