"""The peers that the same text is given to: installed the first time, run in turns with DataMigrate's own programs."""
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys

from measure import PartFailed, run

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass
class Peer:
    name: str
    command: list  # Reads NUL-separated batches, prints {"version", "batches", "understood", "seconds"}.

    def measure(self, path):
        return json.loads(run(self.command, stdin=path).out)


def run_or_fail(command, **options):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise PartFailed((result.stderr.strip() or result.stdout.strip() or f"{command[0]} failed").splitlines()[-1])


def peer_python(out):
    """Python of the virtual environment with the peers."""
    venv = out / "venv"
    python = venv / "bin/python"
    stamp = venv / "requirements.txt"
    wanted = (HERE / "requirements.txt").read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    run_or_fail([sys.executable, "-m", "venv", "--clear", venv])
    run_or_fail([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:",
                 "--require-hashes", "-r", HERE / "requirements.txt"])
    stamp.write_text(wanted, encoding="utf-8")
    return python


def sqlparser_program(out):
    """The program around Rust's sqlparser, built by cargo."""
    if shutil.which("cargo") is None:
        raise PartFailed("cargo is not installed")
    run_or_fail(["cargo", "build", "--release", "--locked", "--quiet", "--manifest-path", HERE / "sqlparser_batches/Cargo.toml"],
                env={**os.environ, "CARGO_TARGET_DIR": str(out / "sqlparser")})
    return out / "sqlparser/release/sqlparser_batches"


def peers(context, work):
    """Those that can be had for "parse" or "transpile"; says which cannot and why."""
    makers = {"sqlglot": lambda: [peer_python(context.out), HERE / "python_peer.py", "sqlglot", work],
              "polyglot-sql": lambda: [peer_python(context.out), HERE / "python_peer.py", "polyglot", work]}
    if work == "parse":
        makers["Rust's sqlparser"] = lambda: [sqlparser_program(context.out)]
    found = []
    for name, maker in makers.items():
        try:
            found.append(Peer(name, maker()))
        except PartFailed as error:
            context.say(f"{work}: no comparison with {name}: {error}")
    return found
