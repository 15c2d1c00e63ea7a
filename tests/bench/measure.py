"""Runs programs and measures them; what a part of the benchmark gives back."""
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

MEGABYTE = 1_000_000
LAUNCHER = pathlib.Path(__file__).resolve().parent / "launcher.py"


class PartFailed(Exception):
    """A part cannot be measured; the message says why."""


@dataclasses.dataclass
class Row:
    """One measured value. `chart`: rows of a part with the same chart are bars of one picture."""
    name: str
    value: float
    unit: str
    chart: str = ""


@dataclasses.dataclass
class Finished:
    out: str
    err: str
    seconds: float   # Wall clock.
    peak_bytes: int  # Largest resident set.


def run(command, stdin=os.devnull, expected=(0,)):
    """Runs a program to its end. PartFailed when it ends with a status that is not expected."""
    command = [str(word) for word in command]
    with open(stdin, "rb") as source, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, \
            tempfile.NamedTemporaryFile("r", encoding="ascii") as result:
        launcher = subprocess.Popen([sys.executable, "-I", "-S", LAUNCHER, result.name, *command], stdin=source, stdout=out,
                                    stderr=err, start_new_session=True)
        try:
            launcher.wait()
        except BaseException:  # The benchmark is stopped: so is the program.
            os.killpg(launcher.pid, signal.SIGKILL)
            launcher.wait()
            raise
        out.seek(0)
        err.seek(0)
        text, errors = out.read().decode("utf-8", "replace"), err.read().decode("utf-8", "replace")
        why = (errors.strip().splitlines() or ["no message"])[-1]
        taken = result.read().split()
    if not taken:
        raise PartFailed(f"{command[0]} could not be started: {why}")
    if int(taken[0]) not in expected:
        raise PartFailed(f"{' '.join(command[:3])} ... ended with {taken[0]}: {why}")
    return Finished(text, errors, float(taken[1]), int(taken[2]))


def percentile(values, share):
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


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
