"""How long the dbt project of a large database takes, and how much memory."""
import json
import pathlib
import tempfile

import make_tables
from measure import MEGABYTE, Row, run

COUNTS = (100, 1000, 5000)


def measure(context):
    program = context.program("datamigrate")
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            make_tables.write(context.sample, folder / "scripts", count)
            finished = run([program, "generate", "--source", folder / "scripts", "--target", "duckdb",
                            "--out", folder / "project", "--json"])
        outcome = json.loads(finished.out)
        yield Row(f"{count} tables", finished.seconds, "s", "dbt project of a large database: seconds")
        yield Row(f"{count} tables: memory", finished.peak_bytes / MEGABYTE, "MB", "dbt project of a large database: peak memory")
        yield Row(f"{count} tables: models", outcome["models"], f"with {outcome['tests']} tests")
        if outcome["refused"]:
            yield Row(f"{count} tables: refused objects", outcome["refused"], f"of {outcome['refused'] + outcome['converted']}")
