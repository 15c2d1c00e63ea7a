#!/usr/bin/env python3
"""Makes a database of many tables out of a folder of scripts: every table of it again and again, under new names.

Keys within a table stay; foreign keys, which name other tables, are left out. One view for every tenth table.
"""
import argparse
import pathlib
import re
import sys

CREATE_TABLE = re.compile(r"CREATE\s+TABLE\s+(\[?\w+\]?)\.(\[?\w+\]?)\s*\(", re.IGNORECASE)
CREATE_TYPE = re.compile(r"CREATE\s+(TYPE|SEQUENCE)\b[^;]*;?", re.IGNORECASE)
TABLE_KEY = re.compile(r"(?is),?\s*CONSTRAINT\s+\S+\s+FOREIGN\s+KEY\s*\([^)]*\)\s*REFERENCES\s+[^\s(]+\s*\([^)]*\)"
                       r"(\s*ON\s+(DELETE|UPDATE)\s+(CASCADE|NO\s+ACTION|SET\s+NULL))*")
COLUMN_KEY = re.compile(r"(?is)(CONSTRAINT\s+\S+\s+)?(FOREIGN\s+KEY\s+)?REFERENCES\s+[^\s(]+\s*\([^)]*\)"
                        r"(\s*ON\s+(DELETE|UPDATE)\s+(CASCADE|NO\s+ACTION|SET\s+NULL))*")
CONSTRAINT = re.compile(r"(?i)CONSTRAINT\s+\[?(\w+)\]?")


def batches(folder):
    for path in sorted(pathlib.Path(folder).glob("*.sql")):
        yield from re.split(r"(?im)^\s*GO\s*(?:--.*)?$", path.read_text(encoding="utf-8-sig"))


def table_texts(folder):
    """(schema, name, batch) of every plain table: one that no other statement of the batch belongs to."""
    for batch in batches(folder):
        found = CREATE_TABLE.findall(batch)
        if len(found) == 1 and "SYSTEM_VERSIONING" not in batch.upper():
            yield found[0][0], found[0][1].strip("[]"), batch.strip()


def types_and_sequences(folder):
    """What columns of the tables use by name."""
    for batch in batches(folder):
        for match in CREATE_TYPE.finditer(batch):
            if " AS TABLE" not in match[0].upper():
                yield match[0]


def copy_of(schema, name, batch, number):
    batch = CREATE_TABLE.sub(f"CREATE TABLE {schema}.[{name}_{number}] (", batch, count=1)
    batch = COLUMN_KEY.sub("", TABLE_KEY.sub("", batch))
    return CONSTRAINT.sub(rf"CONSTRAINT [\1_{number}]", batch)


def write(source, out, count):
    """Writes OUT/tables.sql and OUT/views.sql. ValueError when `source` defines no table."""
    texts = list(table_texts(source))
    if not texts:
        raise ValueError(f"no CREATE TABLE in {source}")
    schemas = sorted({schema.strip("[]") for schema, _, _ in texts} - {"dbo"})
    tables = [f"CREATE SCHEMA [{schema}]" for schema in schemas] + list(types_and_sequences(source))
    views = []
    for number in range(count):
        schema, name, batch = texts[number % len(texts)]
        tables.append(copy_of(schema, name, batch, number))
        if number % 10 == 0:
            views.append(f"CREATE VIEW {schema}.[v_{number}] AS SELECT COUNT(*) AS row_count FROM {schema}.[{name}_{number}]")
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tables.sql").write_text("\nGO\n".join(tables) + "\nGO\n", encoding="utf-8")
    (folder / "views.sql").write_text("\nGO\n".join(views) + "\nGO\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scripts", metavar="SCRIPTS", type=pathlib.Path)
    parser.add_argument("out", metavar="OUT", type=pathlib.Path)
    parser.add_argument("count", metavar="COUNT", type=int)
    options = parser.parse_args()
    try:
        write(options.scripts, options.out, options.count)
    except (ValueError, OSError) as error:
        sys.exit(f"make_tables.py: {error}")


if __name__ == "__main__":
    main()
