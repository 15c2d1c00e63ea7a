"""Pages of docs/reference from the tables of the programs, and the paths that pages name."""
import dataclasses
import glob
import json
import os
import pathlib
import re
import subprocess
import tempfile

NOTE = "<!-- Printed by tests/docs/run --update; changes here are lost. -->\n"


class PageError(Exception):
    """A page cannot be printed; the message says why and what to do."""


def run_program(path, *arguments, keep=()):
    """Standard output of a program of the build, in an environment that changes no default that it prints; `keep` names
    variables that it needs."""
    if not path.exists():
        raise PageError(f"{path} is not built")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATAMIGRATE_") or name in keep}
    result = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=100, env=environment)
    if result.returncode != 0:
        raise PageError(f"{path} {' '.join(arguments)} ended with {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def table_lines(rows):
    """Lines of a Markdown table. `|` in cells is escaped."""
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in rows]


def table(header, rows):
    return "".join(table_lines([header, ["---"] * len(header), *rows]))


# --- diagnostics.md and checks.md ---

def area_titles(root):
    """Letters of a code → what they stand for, from the first line of each kinds/*.def: `// TS: the lexer and the parser.`"""
    titles = {}
    for path in sorted((root / "common/diagnostics/kinds").glob("*.def")):
        match = re.match(r"// ([A-Z]{2}): ([^.\n]+)", path.read_text(encoding="utf-8"))
        if not match:
            raise PageError(f"{path} does not begin with its letters and area, as in `// TS: the lexer and the parser.`")
        titles[match[1]] = match[2]
    return titles


def diagnostics_page(root, tables):
    titles = area_titles(root)
    out = ["# Diagnostics\n", NOTE, """
What DataMigrate says about the SQL that it reads. Each finding has a code, a place (file, line and column, both from 1), a
text and often a hint. Codes are stable: one keeps its meaning and is never used again. An *error* means that an object, or
a part of it, was left out; a *warning* that the result can differ from SQL Server's in the case that it names; a *note*
that something was changed or left out without effect on results. `$0`, `$1` stand for names and values of the finding.
"""]
    by_area = {}
    codes = [row["code"] for row in tables["diagnostics"]]
    for code in codes:
        if codes.count(code) > 1:
            raise PageError(f"the code {code} is in the table twice")
    for row in tables["diagnostics"]:
        by_area.setdefault(row["code"][:2], []).append(row)
    for letters, rows in by_area.items():
        if letters not in titles:
            raise PageError(f"no file of common/diagnostics/kinds begins with `// {letters}: ...`")
        out.append(f"\n## {letters}: {titles[letters]}\n\n")
        out.append(table(["code", "severity", "text"], [[row["code"], row["severity"], row["text"]] for row in rows]))
    return "".join(out)


def checks_page(_, tables):
    rows = [[f"`{row['name']}`", f"{row['weight'] * 100:.0f} %", row["counts"]] for row in tables["checks"]]
    return "# Checks\n" + NOTE + f"""
The score of a migration, 0 to 100, is the sum of these checks. Each counts what passed of what there was to check; its share of
the score is the weight times that fraction. A check with nothing to count gives its whole weight. With {tables['approval_score']:g}
or more, a migration is approved.

""" + table(["check", "weight", "counts"], rows)


# --- guardian.md ---

GUARDIAN_AREAS = {
    "sql_injection": "SQL injection: a value that breaks out of its place in a statement",
    "cross_site_scripting": "Cross-site scripting: markup that runs in a browser",
    "file_inclusion": "File inclusion: paths that leave their folder",
    "command_injection": "Command injection: words for a shell or an interpreter",
    "prompt_injection": "Prompt injection: what is said to a model to turn it round",
    "exfiltration": "Exfiltration: outputs that would carry text to another server",
    "secret": "Secrets",
    "personal_data": "Personal data",
}


def sourced(row):
    """A rule's title with what describes it: a page, or the name of one, such as CWE-798."""
    if row["reference"].startswith("https://"):
        return f"[{row['title']}]({row['reference']})"
    return f"{row['title']} ({row['reference']})" if row["reference"] else row["title"]


def guardian_page(_, tables):
    out = ["# Guardian\n", NOTE, """
What the Guardian looks for in texts. `datamigrate guardian scan` says what it finds in one.

A text is decoded and folded first (URL, HTML and escape encodings up to three deep, invisible and look-alike characters, base64 and
hexadecimal islands); attacks are looked for in the result, the rest in the text as it is. Each match of a rule has a score; with 1 a
kind of attack blocks the text. A small model judges the text as a whole beside the rules; its findings are called
`sql_injection.model` and so on. Secrets, personal data and exfiltration do not block: the verdict is `sanitize`.

What is looked for depends on the field: everything in `unknown`, `chat`, `identifier` and `metadata`; in `sql`, prompt injection,
secrets and personal data, as SQL belongs there; in `path`, file inclusion, command injection, secrets and personal data; in
`model_output`, cross-site scripting, exfiltration, secrets and personal data; nothing in `secret`.

Some of what lists of attacks call SQL injection passes, as a data engineer writes the same: single words (`varchar`, `order by`), two of
them (`execute views`), whole plain queries and declarations, casts of PostgreSQL. What stands behind such a field must bind its parameters.
"""]
    for category, title in GUARDIAN_AREAS.items():
        rows = [row for row in tables["guardian_rules"] if row["category"] == category]
        scored = category in ("sql_injection", "cross_site_scripting", "file_inclusion", "command_injection", "prompt_injection")
        header = ["rule", "what it is"] + (["score"] if scored else [])
        lines = [[f"`{row['id'].partition('.')[2]}`", sourced(row)] + ([f"{row['score']:.1f}"] if scored else []) for row in rows]
        out += [f"\n## {title}\n\nRules `{category}.…`, {len(rows)} of them.\n\n", table(header, lines)]
    return "".join(out)


# --- command_line.md and services.md ---

def subcommands(help_text):
    """Names below `Subcommands:`."""
    listed = help_text.partition("\nSubcommands:\n")[2]
    return re.findall(r"(?m)^  ([a-z][a-z-]*)(?: |$)", listed)


def exit_codes(root):
    """(code, meaning) of the table in agent_engine/cli/exit_code.h."""
    text = (root / "agent_engine/cli/exit_code.h").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\s*k\w+ = (\d+),\s*// (.+)$", text)
    if not rows:
        raise PageError("agent_engine/cli/exit_code.h has no rows `kName = 0,  // Meaning.`")
    return [list(row) for row in rows]


def help_block(program, *arguments):
    text = run_program(program, *arguments, "--help")
    return "```\n" + "\n".join(line.rstrip() for line in text.strip("\n").splitlines()) + "\n```\n"


def command_line_page(root, programs):
    program = programs / "datamigrate"
    names = subcommands(run_program(program, "--help"))
    if not names:
        raise PageError("datamigrate --help lists no subcommands")
    out = ["# Command line\n", NOTE, "\n", help_block(program), "\n## Exit codes\n\n", table(["code", "meaning"], exit_codes(root))]
    for name in names:
        out.append(f"\n## {name}\n\n" + help_block(program, name))
    return "".join(out)


def services_page(_, programs):
    out = ["# Services\n", NOTE, "\nOptions with `(Env:NAME)` can be given through the environment variable too.\n"]
    for name in ("datamigrate-engine", "datamigrate-gateway"):
        out.append(f"\n## {name}\n\n" + help_block(programs / name))
    return "".join(out)


# --- coverage.md ---

TARGETS = ["duckdb", "postgres", "snowflake", "databricks", "bigquery", "redshift", "fabric"]
KINDS = ["table", "view", "function", "procedure", "administration"]
SHARED = "../shared"


@dataclasses.dataclass
class Database:
    """A database of the page. Those outside the repository are public samples that a machine may lack."""
    name: str
    scripts: str        # Below the repository's root.
    captured: str = ""  # Folder below ../shared/rows and ../shared/expected.
    tolerance: str = "0"


DATABASES = [
    Database("sample", "deploy/local/sample"),
    Database("Northwind", f"{SHARED}/corpus/northwind", "northwind", "0.031"),
    Database("pubs", f"{SHARED}/corpus/pubs", "pubs", "1e-6"),
    Database("AdventureWorks", f"{SHARED}/corpus/adventureworks-oltp", "adventureworks", "1e-6"),
    Database("AdventureWorksDW", f"{SHARED}/corpus/adventureworks-dw", "adventureworksdw", "1e-6"),
    Database("WideWorldImporters", f"{SHARED}/corpus/wwi-oltp"),
    Database("WideWorldImportersDW", f"{SHARED}/corpus/wwi-dw"),
    Database("ContosoDW", f"{SHARED}/corpus/contoso-dw"),
    Database("FutonManufacturing", f"{SHARED}/corpus/other-sample-databases/futon-manufacturing", "futonmanufacturing", "1e-6"),
]


def generate(programs, source, target):
    with tempfile.TemporaryDirectory() as out:
        return json.loads(run_program(programs / "datamigrate", "generate", "--source", source, "--target", target,
                                      "--out", pathlib.Path(out) / "project", "--json"))


def converted_rows(root, programs, database):
    """Cells `name, kind, found, converted for each target`, for kinds that the database has."""
    results = [generate(programs, root / database.scripts, target)["objects"] for target in TARGETS]
    for kind in KINDS:
        found = results[0].get(kind, {}).get("found", 0)
        if found:
            converted = ["-" if kind == "administration" else str(result[kind]["converted"]) for result in results]
            yield [database.name, kind, str(found), *converted]


def run_rows(root, programs, database):
    """Cells `name, kind, runs, equal of compared` on DuckDB, then on PostgreSQL, for kinds that the database has."""
    captured = [root / SHARED / folder / (database.captured or "none") for folder in ("rows", "expected")]
    counts = json.loads(run_program(programs / "count_runs", root / database.scripts, *captured, database.tolerance,
                                    keep=("DATAMIGRATE_TEST_DATABASE_URL",)))
    for kind in KINDS:
        cells = [database.name, kind]
        for engine in ("duckdb", "postgres"):
            count = counts[engine].get(kind, {"runs": 0, "compared": 0, "equal": 0})
            cells += [str(count["runs"]), f"{count['equal']} of {count['compared']}" if count["compared"] else "-"]
        if any(kind in counts[engine] for engine in counts):
            yield cells


def kept_rows(root, section, database):
    """The database's lines of a section of the page as it is: for a machine that cannot print them anew."""
    page = root / "docs/reference/coverage.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    lines = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0].splitlines(keepends=True)
    return [line for line in lines if line.startswith(f"| {database.name} |")]


def database_section(root, section, header, rows_of, can_print):
    out = [table(header, [])]
    for database in DATABASES:
        fresh = can_print and (root / database.scripts).exists()
        out += table_lines(rows_of(database)) if fresh else kept_rows(root, section, database)
    return "".join(out)


def coverage_page(root, programs, tables):
    out = ["# Coverage\n", NOTE, """
What converts today, counted by `datamigrate generate`: found objects, then how many of them each target gets. What is not counted as
converted is refused with a code and its place; the original text stays in the project. Procedures that only look after the server
(roles, indexes, audits, partitions, sequences) have nothing to become in a warehouse: they are counted apart, as `administration`.

## Databases

"""]
    out.append(database_section(root, "Databases", ["database", "objects", "found", *TARGETS],
                                lambda database: converted_rows(root, programs, database), True))
    out.append("""
## Runs

What converts for DuckDB and PostgreSQL, run there over the database's rows (the tables of WideWorldImporters, ContosoDW and
the sample are empty here): how many objects run, and how many of those whose result was captured from the source return the same rows. A routine is
equal when every captured call of it is. One view of FutonManufacturing does not run: over these rows, it casts 2086.54 to `decimal(5, 2)`, at
which SQL Server stops with an overflow, too.

""")
    header = ["database", "objects", "duckdb: run", "equal", "postgres: run", "equal"]
    out.append(database_section(root, "Runs", header, lambda database: run_rows(root, programs, database),
                                "DATAMIGRATE_TEST_DATABASE_URL" in os.environ))
    out.append("\n## Types\n\nA dash: columns of the type are kept as text, with a warning.\n\n")
    rows = [[f"`{row['type']}`", *[f"`{row[target]}`" if row[target] else "-" for target in TARGETS]] for row in tables["types"]]
    out.append(table(["SQL Server", *TARGETS], rows))
    out.append("""
## Functions

`yes`, or the codes of what is said where the function stands ([diagnostics](diagnostics.md)). A dash: refused, with TP0102 or the code
beside it. `not` names date parts that are refused. Arithmetic on integers that overflows fails in SQL Server; Snowflake and BigQuery
have wider integers, where it does not.

""")
    rows = [[f"`{row['function']}`", *[support(row[target]) for target in TARGETS]] for row in tables["functions"]]
    out.append(table(["function", *TARGETS], rows))
    return "".join(out)


def support(found):
    """A cell: what a target makes of a function."""
    codes = [code for code in found["codes"] if found["ok"] or code != "TP0102"]
    if not found["ok"]:
        return " ".join(["-", *codes])
    limits = ["not " + ", ".join(found["refused"])] if found["refused"] else []
    return "; ".join([", ".join(codes) or "yes", *limits])


def pages(root, programs):
    """(path below the root, text or PageError) of every printed page."""
    tables = None

    def from_tables(print_page):
        nonlocal tables
        tables = tables or json.loads(run_program(programs / "print_tables"))
        return print_page(root, tables)

    printers = {
        "docs/reference/diagnostics.md": lambda: from_tables(diagnostics_page),
        "docs/reference/checks.md": lambda: from_tables(checks_page),
        "docs/reference/coverage.md": lambda: from_tables(lambda place, rows: coverage_page(place, programs, rows)),
        "docs/reference/guardian.md": lambda: from_tables(guardian_page),
        "docs/reference/command_line.md": lambda: command_line_page(root, programs),
        "docs/reference/services.md": lambda: services_page(root, programs),
    }
    for path, printer in printers.items():
        try:
            yield path, printer()
        except PageError as error:
            yield path, error


# --- paths that pages name ---

LINK = re.compile(r"\]\(([^()\s]+)\)")

def documents(root):
    return sorted([root / "README.md", *root.glob("docs/**/*.md")])


def anchors(text):
    """The anchors that headings of a page have, as code hosts make them."""
    headings = re.findall(r"(?m)^#{1,6} +(.+?) *#*$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(root, path, text):
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name) if name else path
        if not file.exists() or not file.resolve().is_relative_to(root.resolve()):
            yield f"the link to {target} leads nowhere"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
            yield f"the link to {target} names no heading there"


def expand_braces(name):
    match = re.search(r"\{([^{}]*)\}", name)
    if not match:
        return [name]
    return [full for part in match[1].split(",") for full in expand_braces(name[:match.start()] + part + name[match.end():])]


def named_paths(root, text):
    """Words that begin with a folder of the repository: `deploy/local/setup`, `tests/cases/**/*.case`."""
    folders = [entry.name for entry in root.iterdir()
               if entry.is_dir() and not entry.name.startswith(".") and entry.name != "build"]
    if not folders:
        return []
    word = r"(?<![\w/.$~<>@:-])(?:%s)/[\w./*{},+-]*" % "|".join(map(re.escape, sorted(folders)))
    return [match.rstrip(".,") for match in re.findall(word, text)]


def broken_paths(root, path, text):
    for named in named_paths(root, LINK.sub("]", text)):
        for name in expand_braces(named):
            if not glob.glob(str(root / name), recursive=True):
                yield f"{name} does not exist"


def problems(root):
    """One line for every link and path of a page that leads nowhere. Old entries of the change log may name what is gone."""
    for path in documents(root):
        text = path.read_text(encoding="utf-8")
        found = list(broken_links(root, path, text))
        if path.name != "CHANGELOG.md":
            found += broken_paths(root, path, text)
        for problem in sorted(set(found)):
            yield f"{path.relative_to(root)}: {problem}"


def write(root, path, text):
    file = root / pathlib.Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
