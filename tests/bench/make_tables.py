"""Makes a database of many tables out of a folder of scripts: every table of it again and again, under new names.

    make_tables.py SCRIPTS OUT COUNT

Writes OUT/tables.sql with COUNT tables (keys within a table stay; foreign keys, which name other tables, are left out) and
OUT/views.sql with one view for every tenth table.
"""
import pathlib
import re
import sys

CREATE = re.compile(r"CREATE\s+TABLE\s+(\[?\w+\]?)\.(\[?\w+\]?)\s*\(", re.IGNORECASE)


def batches(folder):
    for path in sorted(pathlib.Path(folder).glob("*.sql")):
        text = path.read_text(encoding="utf-8-sig")
        yield from re.split(r"(?im)^\s*GO\s*(?:--.*)?$", text)


def table_texts(folder):
    """(schema, name, batch) of every plain table: one that no other statement of the batch belongs to."""
    for batch in batches(folder):
        found = CREATE.findall(batch)
        if len(found) == 1 and "SYSTEM_VERSIONING" not in batch.upper():
            yield found[0][0], found[0][1], batch


def copy_of(schema, name, batch, number):
    batch = CREATE.sub(f"CREATE TABLE {schema}.[{name.strip('[]')}_{number}] (", batch, count=1)
    batch = re.sub(r"(?is),?\s*CONSTRAINT\s+\S+\s+FOREIGN\s+KEY\s*\([^)]*\)\s*REFERENCES\s+[^\s(]+\s*\([^)]*\)"
                   r"(\s*ON\s+(DELETE|UPDATE)\s+(CASCADE|NO\s+ACTION|SET\s+NULL))*", "", batch)
    batch = re.sub(r"(?is)(CONSTRAINT\s+\S+\s+)?(FOREIGN\s+KEY\s+)?REFERENCES\s+[^\s(]+\s*\([^)]*\)", "", batch)
    return re.sub(r"(?i)CONSTRAINT\s+\[?(\w+)\]?", rf"CONSTRAINT [\1_{number}]", batch)


def main(source, out, count):
    texts = list(table_texts(source))
    if not texts:
        sys.exit(f"make_tables.py: no CREATE TABLE in {source}")
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    schemas = sorted({schema.strip("[]") for schema, _, _ in texts} - {"dbo"})
    tables = [f"CREATE SCHEMA [{schema}]" for schema in schemas]
    views = []
    for number in range(count):
        schema, name, batch = texts[number % len(texts)]
        tables.append(copy_of(schema, name, batch, number).strip())
        if number % 10 == 0:
            table = f"{schema}.[{name.strip('[]')}_{number}]"
            views.append(f"CREATE VIEW {schema}.[v_{number}] AS SELECT COUNT(*) AS row_count FROM {table}")
    (folder / "tables.sql").write_text("\nGO\n".join(tables) + "\nGO\n", encoding="utf-8")
    (folder / "views.sql").write_text("\nGO\n".join(views) + "\nGO\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
