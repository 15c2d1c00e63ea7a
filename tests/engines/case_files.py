"""Reads the case files of tests/cases/transpile and compares values as the cases write them."""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ROOT / "tests/cases/transpile"
ONE_IN = 1e-9  # Numbers that differ by less are one: floats are printed with other digits by each engine.


def read(folder):
    """Each case as a dictionary of its sections; "file" and "case" name it."""
    for path in sorted((CASES / folder).glob("*.case")):
        case = None
        section = None
        for line in path.read_text(encoding="utf-8").split("\n"):
            found = re.fullmatch(r"=== ([a-z ]+?)(: (.*))?", line)
            if not found:
                if section:
                    case[section].append(line)
                continue
            name = found.group(1)
            if name == "case":
                if case:
                    yield finished(case)
                case = {"file": path.name, "case": found.group(3)}
                section = None
            elif found.group(2):
                case[name] = found.group(3)
                section = None
            else:
                section = name
                case[section] = []
        if case:
            yield finished(case)


def finished(case):
    return {key: "\n".join(value).strip("\n") if isinstance(value, list) else value for key, value in case.items()}


def values():
    """Every expression of the value cases with the text of its value."""
    for case in read("values"):
        for section in ("values", "values unless refused"):
            for line in case.get(section, "").split("\n"):
                expression, arrow, expected = line.rpartition(" => ")
                if arrow:
                    yield f"{case['file']}: {case['case']}", expression, expected


def queries():
    """Every query with rows: place, batch, rows, whether their order counts."""
    for case in read("duckdb"):
        for section in ("rows", "rows unordered"):
            if section in case and "tsql" in case:
                setup = case["setup"] + "\n" if "setup" in case else ""
                yield f"{case['file']}: {case['case']}", setup + case["tsql"], case[section], section == "rows"


def constructs(target):
    """Every batch of the target's own cases that it is to take: place, setup, statement."""
    for case in read(target):
        if target in case:
            yield f"{target}/{case['file']}: {case['case']}", case.get("setup", ""), case["tsql"]


def translate(program, target, batches):
    """The result of `datamigrate transpile` for each batch."""
    done = subprocess.run([program, "transpile", "--to", target, "--stdin-batches"], input="\0".join(batches),
                          capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def text_of(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (bytes, bytearray)):
        return "0x" + bytes(value).hex().upper()
    return str(value)


def same(actual, expected):
    if actual == expected:
        return True
    try:
        left, right = float(actual), float(expected)
    except ValueError:
        return trimmed(actual) == trimmed(expected)
    return abs(left - right) <= ONE_IN * max(1.0, abs(right))


def trimmed(text):
    """A moment without the noughts behind its seconds."""
    return re.sub(r"^(.*\d:\d\d:\d\d)(\.\d*?)0*$", lambda m: m.group(1) + m.group(2).rstrip("."), text)


def same_rows(actual, expected, ordered):
    wanted = expected.split("\n") if expected else []
    if not ordered:
        actual, wanted = sorted(actual), sorted(wanted)
    return len(actual) == len(wanted) and all(
        len(left.split("\t")) == len(right.split("\t"))
        and all(same(a, b) for a, b in zip(left.split("\t"), right.split("\t")))
        for left, right in zip(actual, wanted))


def finish(name, tally, failures):
    """Prints what was found and ends with 1 where a case failed."""
    for failure in failures:
        print(f"{name}: {failure}\n", file=sys.stderr)
    print(f"{name}: " + ", ".join(f"{count} {what}" for what, count in tally.items()) + f", {len(failures)} failed")
    sys.exit(1 if failures else 0)
