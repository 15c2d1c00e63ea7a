"""Analyses what BigQuery gets with Google's own analyzer of GoogleSQL: names, functions and types, without running it."""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import case_files  # noqa: E402

NEXT = "\x1e"  # Between the statements of a batch.


def analyse(batches, libraries):
    done = subprocess.run(["java", "-cp", f"{libraries}/*", str(HERE / "Analyze.java")], input="\0".join(batches),
                          capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if len(lines) != len(batches):
        sys.exit(f"the analyzer answered {len(lines)} of {len(batches)} batches\n{done.stderr}")
    return lines


def main(program, libraries):
    batches = [check.batch for check in case_files.checks()]
    batches += [f"{setup}\n{batch}" for _, setup, batch in case_files.constructs("bigquery")]
    tally = {"analysed": 0, "refused": 0, "beyond the engine": 0}
    texts = []
    for result in case_files.translate(program, "bigquery", batches):
        if not result["ok"]:
            tally["refused"] += 1
        elif case_files.reason("googlesql", result["sql"]):
            tally["beyond the engine"] += 1
        else:
            texts.append(re.sub(r";[ \t]*(\n|$)", NEXT, result["sql"].strip()))
    failures = []
    for text, answer in zip(texts, analyse(texts, libraries), strict=True):
        if answer == "ok":
            tally["analysed"] += 1
        else:
            failures.append(f"{text.replace(NEXT, ';')}\n{answer}")
    return tally, failures


if __name__ == "__main__":
    case_files.finish("BigQuery on GoogleSQL's analyzer", *main(sys.argv[1], sys.argv[2]))
