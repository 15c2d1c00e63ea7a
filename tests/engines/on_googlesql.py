"""Analyses what BigQuery gets with Google's own analyzer of GoogleSQL: names, functions and types, without running it.

A batch of more than one statement is not analysed: its tables are not in the analyzer's catalog.
"""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import case_files  # noqa: E402


def analyse(statements, libraries):
    done = subprocess.run(["java", "-cp", f"{libraries}/*", str(HERE / "Analyze.java")], input="\0".join(statements),
                          capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if len(lines) != len(statements):
        sys.exit(f"the analyzer answered {len(lines)} of {len(statements)} statements\n{done.stderr}")
    return lines


def setups_and_queries(program):
    """BigQuery's own cases: CREATE TABLE (empty without one) and query."""
    cases = list(case_files.constructs("bigquery"))
    results = case_files.translate(program, "bigquery", [f"{setup}\n{batch}" for _, setup, batch in cases])
    for (_, setup, _), result in zip(cases, results, strict=True):
        sql = result["sql"].strip().rstrip(";")
        yield sql.split(";\n\n", 1) if setup else ("", sql)


def constructed(setup, query):
    """The query over a sub-query of NULLs of the table's types instead of the table."""
    if not setup:
        return query
    columns = re.findall(r"^    (\w+) ([a-z0-9]+(?:\([\d, ]+\))?)", setup, re.MULTILINE)
    nulls = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns)
    return re.sub(r"\bfrom t\b(?: as (\w+))?", lambda found: f"from (select {nulls}) as {found.group(1) or 't'}", query)


def main(program, libraries):
    batches = ["SELECT " + expression for _, expression, _ in case_files.values()]
    batches += [batch for _, batch, _, _ in case_files.queries()]
    tally = {"analysed": 0, "refused": 0, "not run": 0}
    statements = []
    for result in case_files.translate(program, "bigquery", batches):
        if not result["ok"]:
            tally["refused"] += 1
        elif ";\n" in result["sql"].strip():
            tally["not run"] += 1
        else:
            statements.append(result["sql"].strip().rstrip(";"))
    statements += [constructed(*case) for case in setups_and_queries(program)]
    failures = []
    for statement, answer in zip(statements, analyse(statements, libraries), strict=True):
        if answer == "ok":
            tally["analysed"] += 1
        else:
            failures.append(f"{statement}\n{answer}")
    return tally, failures


if __name__ == "__main__":
    case_files.finish("BigQuery on GoogleSQL's analyzer", *main(sys.argv[1], sys.argv[2]))
