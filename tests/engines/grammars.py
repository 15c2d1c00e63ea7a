"""Reads what each warehouse gets with the grammars of sqlglot and sqlfluff."""
import pathlib
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

# What a grammar does not know and the target's manual has: target, grammar, piece of the text, page.
KNOWN = [
    ("redshift", "sqlglot", " # ", "Amazon Redshift: Mathematical operator symbols"),
    ("redshift", "sqlfluff", " # ", "Amazon Redshift: Mathematical operator symbols"),
    ("redshift", "sqlglot", "as identity (-5, 2)", "Amazon Redshift: CREATE TABLE"),
    ("redshift", "sqlfluff", "as identity (-5, 2)", "Amazon Redshift: CREATE TABLE"),
    ("redshift", "sqlfluff", "as identity (3, -1)", "Amazon Redshift: CREATE TABLE"),
    ("snowflake", "sqlfluff", "identity (-5, 2)", "Snowflake: CREATE TABLE"),
    ("snowflake", "sqlfluff", "identity (3, -1)", "Snowflake: CREATE TABLE"),
    ("databricks", "sqlfluff", "start with -5 ", "Databricks: CREATE TABLE [USING]"),
    ("databricks", "sqlfluff", "increment by -1", "Databricks: CREATE TABLE [USING]"),
    ("databricks", "sqlfluff", "x'41'", "Databricks: BINARY type"),
    ("databricks", "sqlfluff", "offset 1", "Databricks: OFFSET clause"),
]


def is_known(target, grammar, sql):
    return any(known[:2] == (target, grammar) and known[2] in sql for known in KNOWN)


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
