"""Runs what Snowflake gets on fakesnow, which is DuckDB underneath, and compares values and rows with the cases."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import case_files  # noqa: E402
import fakesnow  # noqa: E402
import snowflake.connector  # noqa: E402


def rows_of(sql):
    rows = []
    with fakesnow.patch():
        cursor = snowflake.connector.connect(database="d", schema="s").cursor()
        sql = re.sub(r"\bbinary\(\d+\)", "binary", sql)  # DuckDB's BLOB has no length.
        for statement in [part.strip(" ;\n") for part in sql.split(";\n")]:
            if statement:
                cursor.execute(statement).fetchall()  # As dictionaries, in which columns of one name are one.
                columns = [column.to_pylist() for column in cursor._arrow_table.columns]
                rows = [list(map(case_files.text_of, row)) for row in zip(*columns)]
    return rows


def main(program):
    return case_files.run("fakesnow", program, "snowflake", rows_of)


if __name__ == "__main__":
    case_files.finish("Snowflake on fakesnow", *main(sys.argv[1]))
