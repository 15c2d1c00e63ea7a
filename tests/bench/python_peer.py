"""Gives NUL-separated batches from standard input to a peer that Python can call: python_peer.py PEER parse|transpile

Prints one JSON object: the peer's version, batches, how many were understood, and the seconds of the peer alone. A statement
that a peer keeps as unparsed text (a Command) is not understood.
"""
import importlib.metadata
import json
import logging
import sys
import time


class Sqlglot:
    package = "sqlglot"

    def __init__(self):
        import sqlglot
        self.sqlglot, self.error, self.command = sqlglot, sqlglot.errors.SqlglotError, sqlglot.exp.Command

    def parse(self, batch):
        return not any(isinstance(statement, self.command) for statement in self.sqlglot.parse(batch, read="tsql"))

    def transpile(self, batch):
        self.sqlglot.transpile(batch, read="tsql", write="duckdb")
        return True


class Polyglot:
    package = "polyglot-sql"

    def __init__(self):
        import polyglot_sql
        self.polyglot, self.error = polyglot_sql, polyglot_sql.PolyglotError

    def parse(self, batch):
        return not any(type(statement).__name__ == "Command" for statement in self.polyglot.parse(batch, read="tsql"))

    def transpile(self, batch):
        self.polyglot.transpile(batch, read="tsql", write="duckdb")
        return True


def understood(peer, work, batch):
    try:
        return work(batch)
    except peer.error:
        return False


def main():
    logging.disable()
    peer = {"sqlglot": Sqlglot, "polyglot": Polyglot}[sys.argv[1]]()
    work = {"parse": peer.parse, "transpile": peer.transpile}[sys.argv[2]]
    batches = [part.decode("utf-8") for part in sys.stdin.buffer.read().split(b"\0")]
    work("SELECT 1")  # What the first call sets up is not measured.
    start = time.perf_counter()
    count = sum(understood(peer, work, batch) for batch in batches)
    seconds = time.perf_counter() - start
    print(json.dumps({"version": importlib.metadata.version(peer.package), "batches": len(batches), "understood": count,
                      "seconds": seconds}))


if __name__ == "__main__":
    main()
