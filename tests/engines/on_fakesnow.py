"""Runs what Snowflake gets on fakesnow, which is DuckDB underneath, and compares values and rows with the cases.

fakesnow lacks functions that Snowflake has; a case whose engine says so is counted as not run.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import case_files  # noqa: E402
import fakesnow  # noqa: E402
import snowflake.connector  # noqa: E402

LACKS = ("does not exist", "not yet implemented", "Unknown function", "NotImplementedError")


# Texts whose functions fakesnow passes on to DuckDB in another meaning, with what it lacks.
DIFFERS = {
    "to_char(round(": "a format of numbers in TO_CHAR",
    "sum(distinct": "SUM of DISTINCT in a sub-query",
    "else '' end || lpad(": "a length of LPAD that is no 32-bit number",
}


def statements(sql):
    return [part for part in sql.split(";\n") if part.strip(" ;\n")]


def main(program):
    tally = {"equal": 0, "refused": 0, "not run": 0}
    failures = []
    checks = [(place, "SELECT " + expression, expected, True) for place, expression, expected in case_files.values()]
    checks += list(case_files.queries())
    results = case_files.translate(program, "snowflake", [batch for _, batch, _, _ in checks])
    for (place, _, expected, ordered), result in zip(checks, results, strict=True):
        if not result["ok"]:
            tally["refused"] += 1
            print("refused:", place, result["diagnostics"][0]["message"])
            continue
        lacks = next((why for piece, why in DIFFERS.items() if piece in result["sql"]), None)
        if lacks:
            tally["not run"] += 1
            print("not run:", place, lacks)
            continue
        with fakesnow.patch():
            cursor = snowflake.connector.connect(database="d", schema="s").cursor()
            try:
                actual = []
                for statement in statements(result["sql"]):
                    rows = cursor.execute(statement.strip(" ;\n")).fetchall()
                    actual = ["\t".join(map(case_files.text_of, row)) for row in rows]
            except Exception as error:
                if any(lack in str(error) for lack in LACKS):
                    tally["not run"] += 1
                    print("not run:", place, str(error).splitlines()[0][:150])
                else:
                    failures.append(f"{place}\n{result['sql']}\n{str(error).splitlines()[0]}")
                continue
        if case_files.same_rows(actual, expected, ordered):
            tally["equal"] += 1
        else:
            failures.append(f"{place}\n{result['sql']}\ngot {actual} for {expected.splitlines()}")
    return tally, failures


if __name__ == "__main__":
    case_files.finish("Snowflake on fakesnow", *main(sys.argv[1]))
