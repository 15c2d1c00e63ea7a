"""Runs what Redshift gets on PostgreSQL, from which Redshift comes, and compares values and rows with the cases.

sqlglot puts Redshift's own functions in PostgreSQL's words. DATAMIGRATE_TEST_DATABASE_URL names the database.
"""
import datetime
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import case_files  # noqa: E402
import psycopg2  # noqa: E402
import sqlglot  # noqa: E402


# Functions that Redshift has and PostgreSQL lacks, by their pages in the Amazon Redshift Database Developer Guide.
LACKING = """
create function pg_temp.from_hex(text) returns bytea immutable language sql as $$ select decode($1, 'hex') $$;
create function pg_temp.from_hex(bytea) returns bytea immutable language sql as $$ select $1 $$;
create function pg_temp.to_varbyte(text, text) returns bytea immutable language sql as
$$ select case $2 when 'hex' then decode($1, 'hex') else convert_to($1, 'UTF8') end $$;
create function pg_temp.from_varbyte(bytea, text) returns text immutable language sql as
$$ select case $2 when 'hex' then encode($1, 'hex') else convert_from($1, 'UTF8') end $$;
create function pg_temp.can_json_parse(text) returns boolean immutable language sql as $$ select $1 is json $$;
create function pg_temp.json_extract_path_text(text, text, boolean) returns text immutable language sql as
$$ select case when $1 is json object then cast($1 as json) ->> $2 end $$;
create function pg_temp.json_extract_array_element_text(text, integer, boolean) returns text immutable language sql as
$$ select case when $1 is json array then cast($1 as json) ->> $2 end $$;
create function pg_temp.json_extract_array_element_text(text, integer) returns text immutable language sql as
$$ select cast($1 as json) ->> $2 $$;
create function pg_temp.strtol(text, integer) returns bigint immutable language sql as
$$ select cast(cast('x' || lpad($1, 16, '0') as bit(64)) as bigint) where $2 = 16 $$;
"""
NAMES = re.findall(r"pg_temp\.(\w+)", LACKING)


def text_of(value):
    if isinstance(value, memoryview):
        return case_files.text_of(bytes(value))
    if isinstance(value, datetime.datetime) and value.tzinfo is None:
        return value.isoformat(" ")
    return case_files.text_of(value)


def words_of_postgres(sql):
    for statement in sqlglot.transpile(sql, read="redshift", write="postgres"):
        statement = re.sub(r"\b(VARBYTE|BYTEA)\b(\(\d+\))?", "BYTEA", statement, flags=re.IGNORECASE)
        statement = re.sub(r"\bFROM_BASE\(", "STRTOL(", re.sub(r"\bHEX\(", "TO_HEX(", statement))
        yield re.sub(rf"(?i)\b({'|'.join(NAMES)})\(", r"pg_temp.\1(", statement)


def rows_of(connection, sql):
    rows = []
    try:
        with connection.cursor() as cursor:
            for statement in words_of_postgres(sql):
                cursor.execute(statement)
                rows = [list(map(text_of, row)) for row in cursor.fetchall()] if cursor.description else []
    finally:
        connection.rollback()
    return rows


def main(program):
    url = os.environ.get("DATAMIGRATE_TEST_DATABASE_URL")
    if not url:
        sys.exit("engines: postgres needs DATAMIGRATE_TEST_DATABASE_URL, see deploy/local/postgres")
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(LACKING)
        connection.commit()
        return case_files.run("postgres", program, "redshift", lambda sql: rows_of(connection, sql))
    finally:
        connection.close()


if __name__ == "__main__":
    case_files.finish("Redshift on PostgreSQL", *main(sys.argv[1]))
