"""Reads the case files of tests/cases/transpile and compares values as the cases write them."""
import json
import pathlib
import re
import subprocess
import sys
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import limits  # noqa: E402

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


class Check(typing.NamedTuple):
    """A batch and what SQL Server answers: rows of cells as text; None where it fails or the translation tells."""
    place: str
    batch: str
    rows: list | None
    ordered: bool = True


def lines(case, *sections):
    return [line for section in sections for line in case.get(section, "").split("\n") if line]


def checks():
    """Every value, batch and query of the cases."""
    for case in read("values"):
        place = f"{case['file']}: {case['case']}"
        for line in lines(case, "values", "values unless refused"):
            expression, _, expected = line.rpartition(" => ") if " => " in line else line.rpartition(" =>")
            yield Check(place, "SELECT " + expression, [[expected]])
        for line in lines(case, "fails or told"):
            yield Check(place, "SELECT " + line, None)
    for case in read("batches"):
        place = f"batches/{case['file']}: {case['case']}"
        for line in lines(case, "batches", "values"):
            batch, _, expected = line.rpartition(" => ") if " => " in line else line.rpartition(" =>")
            rows = [row.split(",") for row in expected.split("|")] if expected else []
            yield Check(place, over_setup(case, batch), rows)
        for line in lines(case, "fails or told"):
            yield Check(place, over_setup(case, line), None)
    for case in read("duckdb"):
        for section in ("rows", "rows unordered"):
            if section in case and "tsql" in case:
                setup = case["setup"] + "\n" if "setup" in case else ""
                rows = [row.split("\t") for row in case[section].split("\n")] if case[section] else []
                yield Check(f"{case['file']}: {case['case']}", setup + case["tsql"], rows, section == "rows")


def over_setup(case, text):
    return f"{case['setup']}\nSELECT {text} FROM t" if "setup" in case else text


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
    """A moment without the noughts behind its seconds and the offset of UTC."""
    text = re.sub(r"^(.*\d:\d\d:\d\d(?:\.\d+)?)\+00(:00)?$", r"\1", text)
    return re.sub(r"^(.*\d:\d\d:\d\d)(\.\d*?)0*$", lambda m: m.group(1) + m.group(2).rstrip("."), text)


def same_row(actual, expected):
    """A comma in the expected text may be part of a value."""
    return (len(actual) == len(expected) and all(map(same, actual, expected))) or ",".join(actual) == ",".join(expected)


def same_rows(actual, check):
    wanted = check.rows
    if not check.ordered:
        actual, wanted = sorted(actual), sorted(wanted)
    return len(actual) == len(wanted) and all(map(same_row, actual, wanted))


def codes(result):
    return {found["code"] for found in result["diagnostics"]}


def tells(result):
    """Whether the translation refuses, warns, or notes what the target does not check."""
    warns = any(found["severity"] == "warning" for found in result["diagnostics"])
    return not result["ok"] or warns or bool(codes(result) & limits.NOT_CHECKED.keys())


def reason(engine, sql):
    """Why the engine cannot stand for the warehouse in this text; None where it can."""
    return next((why for piece, why in limits.LIMITS[engine] if re.search(piece, sql)), None)


def run(engine, program, target, execute):
    """Runs every check; `execute` gives the rows of a batch's last statement, or raises. Returns tally and failures."""
    tally = {"equal": 0, "told": 0, "refused": 0, "beyond the engine": 0, "other rows, as told": 0}
    failures = []
    every = list(checks())
    for check, result in zip(every, translate(program, target, [check.batch for check in every]), strict=True):
        if check.rows is None and tells(result):
            tally["told"] += 1
            continue
        if not result["ok"]:
            tally["refused"] += 1
            print("refused:", check.place, result["diagnostics"][0]["message"])
            continue
        why = reason(engine, result["sql"])
        if why:
            tally["beyond the engine"] += 1
            print("beyond the engine:", check.place, why)
            continue
        try:
            actual = execute(result["sql"])
        except Exception as error:  # Each kind of the engine's errors is a failure of the case.
            if check.rows is None:
                tally["told"] += 1
            else:
                failures.append(f"{check.place}\n{result['sql']}\n{str(error).splitlines()[0]}")
            continue
        if check.rows is None:
            failures.append(f"{check.place}\n{check.batch}\n{result['sql']}\ngot {actual}, where SQL Server fails")
        elif same_rows(actual, check):
            tally["equal"] += 1
        elif codes(result) & limits.OTHER_ROWS.keys():
            tally["other rows, as told"] += 1
            print("other rows, as told:", check.place, *(limits.OTHER_ROWS[code] for code in codes(result) if code in limits.OTHER_ROWS))
        else:
            failures.append(f"{check.place}\n{result['sql']}\ngot {actual} for {check.rows}")
    return tally, failures


def finish(name, tally, failures):
    """Prints what was found and ends with 1 where a case failed."""
    for failure in failures:
        print(f"{name}: {failure}\n", file=sys.stderr)
    print(f"{name}: " + ", ".join(f"{count} {what}" for what, count in tally.items()) + f", {len(failures)} failed")
    sys.exit(1 if failures else 0)
