"""Parses NUL-separated batches from standard input with sqlglot, as `datamigrate parse --stdin-batches` does.

Prints one JSON object: batches, how many were understood, and the seconds of the parser alone. A statement that sqlglot keeps
as unparsed text (a Command) is not understood.
"""
import json
import logging
import sys
import time

import sqlglot
from sqlglot import exp


def is_understood(batch):
    try:
        statements = sqlglot.parse(batch, read="tsql")
    except sqlglot.errors.SqlglotError:
        return False
    return not any(isinstance(statement, exp.Command) for statement in statements)


def main():
    logging.disable()
    batches = [part.decode("utf-8") for part in sys.stdin.buffer.read().split(b"\0")]
    is_understood("SELECT 1")  # What the first call sets up is not measured.
    start = time.perf_counter()
    understood = sum(map(is_understood, batches))
    seconds = time.perf_counter() - start
    print(json.dumps({"version": sqlglot.__version__, "batches": len(batches), "understood": understood, "seconds": seconds}))


if __name__ == "__main__":
    main()
