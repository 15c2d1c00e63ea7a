"""Reads what each warehouse gets with the grammars of sqlglot and sqlfluff."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import case_files  # noqa: E402
import sqlfluff.core  # noqa: E402
import sqlglot  # noqa: E402

DIALECTS = {  # Target: sqlglot's name, sqlfluff's name.
    "snowflake": ("snowflake", "snowflake"),
    "databricks": ("databricks", "databricks"),
    "bigquery": ("bigquery", "bigquery"),
    "redshift": ("redshift", "redshift"),
    "fabric": ("fabric", "tsql"),
}

# What a grammar does not know and the target's manual has: target, grammar, piece of the text (regular expression), page.
KNOWN = [
    ("redshift", "sqlglot", " # ", "Amazon Redshift: Mathematical operator symbols"),
    ("redshift", "sqlfluff", " # ", "Amazon Redshift: Mathematical operator symbols"),
    ("redshift", "sqlglot", r"as identity \(-5, 2\)", "Amazon Redshift: CREATE TABLE"),
    ("redshift", "sqlfluff", r"as identity \(-5, 2\)", "Amazon Redshift: CREATE TABLE"),
    ("redshift", "sqlfluff", r"as identity \(3, -1\)", "Amazon Redshift: CREATE TABLE"),
    ("snowflake", "sqlfluff", r"identity \(-5, 2\)", "Snowflake: CREATE TABLE"),
    ("snowflake", "sqlfluff", r"identity \(3, -1\)", "Snowflake: CREATE TABLE"),
    ("databricks", "sqlfluff", "start with -5 ", "Databricks: CREATE TABLE [USING]"),
    ("databricks", "sqlfluff", "increment by -1", "Databricks: CREATE TABLE [USING]"),
    ("databricks", "sqlfluff", r"\boffset \d", "Databricks: OFFSET clause"),
    ("databricks", "sqlfluff", "cross join lateral explode", "Databricks: JOIN"),
    ("databricks", "sqlfluff", r"percentile_\w+\([^)]*\) within group \(.*\) over", "Databricks: percentile_cont, percentile_disc"),
    ("databricks", "sqlfluff", r"\n    primary key \(", "Databricks: CONSTRAINT clause"),
    ("databricks", "sqlfluff", "max recursion level", "Databricks: Common table expression (CTE)"),
    ("databricks", "sqlglot", "max recursion level", "Databricks: Common table expression (CTE)"),
]


def is_known(target, grammar, sql):
    return any(known[:2] == (target, grammar) and re.search(known[2], sql) for known in KNOWN)


def complaint_of_sqlglot(sql, dialect):
    try:
        for statement in sqlglot.parse(sql, read=dialect):
            if isinstance(statement, sqlglot.exp.Command):
                return "not parsed"
    except sqlglot.errors.SqlglotError as error:
        return str(error).splitlines()[0]
    return None


def complaint_of_sqlfluff(sql, linter):
    parsed = linter.parse_string(sql)
    return str(parsed.violations[0]) if parsed.violations else None


def main(program):
    batches = [check.batch for check in case_files.checks()]
    tally = {"read": 0, "refused": 0, "known": 0}
    failures = []
    for target, (glot, fluff) in DIALECTS.items():
        linter = sqlfluff.core.Linter(config=sqlfluff.core.FluffConfig(overrides={"dialect": fluff}))
        for batch, result in zip(batches, case_files.translate(program, target, batches), strict=True):
            if not result["ok"]:
                tally["refused"] += 1
                continue
            sql = result["sql"]
            for grammar, complaint in (("sqlglot", complaint_of_sqlglot(sql, glot)),
                                       ("sqlfluff", complaint_of_sqlfluff(sql, linter))):
                if complaint is None:
                    tally["read"] += 1
                elif is_known(target, grammar, sql):
                    tally["known"] += 1
                else:
                    failures.append(f"{target}, {grammar}: {batch}\n{sql}\n{complaint}")
    return tally, failures


if __name__ == "__main__":
    case_files.finish("grammars", *main(sys.argv[1]))
