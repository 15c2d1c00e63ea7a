"""Generates every sample database for every target and has dbt read it with the target's real adapter: `dbt parse` and
`dbt compile`, without a warning. No warehouse is reached: the credentials are invented.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(ROOT / "tests/docs"))
import case_files  # noqa: E402
import reference  # noqa: E402

AT_ONCE = 2
# BigQuery's client reads an identity before it is asked anything.
GOOGLE_IDENTITY = {"type": "authorized_user", "client_id": "invented", "client_secret": "invented", "refresh_token": "invented"}
# dbt asks the warehouse whether a table exists; here a variable answers, so that both branches are compiled.
IS_INCREMENTAL = "{% macro is_incremental() %}{{ return(var('compiled_as_incremental', false)) }}{% endmacro %}\n"


def environment(project):
    """dbt's variables with invented values for those that the profile asks for."""
    identity = project / "invented_identity.json"
    identity.write_text(json.dumps(GOOGLE_IDENTITY), encoding="utf-8")
    values = dict(os.environ, DBT_SEND_ANONYMOUS_USAGE_STATS="false", DBT_USE_COLORS="false",
                  GOOGLE_APPLICATION_CREDENTIALS=str(identity))
    for name in re.findall(r"env_var\('(\w+)'\)", (project / "profiles.yml").read_text(encoding="utf-8")):
        values[name] = "1" if "PORT" in name else "invented"
    return values


def dbt(folder, project, *arguments):
    """Nothing, or what dbt complained of."""
    done = subprocess.run([folder / "bin/dbt", "--warn-error", *arguments, "--project-dir", project, "--profiles-dir", project],
                          capture_output=True, text=True, env=environment(project), check=False)
    if done.returncode == 0:
        return None
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return f"dbt {arguments[0]}: " + "\n".join(said[-12:])


def check(program, folder, source, target):
    """Nothing, or what is wrong with the project that the source becomes."""
    with tempfile.TemporaryDirectory() as place:
        project = pathlib.Path(place) / "project"
        made = subprocess.run([program, "generate", "--source", source, "--target", target, "--out", project, "--json"],
                              capture_output=True, text=True, check=False)
        if made.returncode != 0:
            return f"generate ended with {made.returncode}: {made.stderr[-500:]}"
        complaint = dbt(folder, project, "parse", "--no-partial-parse")
        if complaint:
            return complaint
        (project / "macros").mkdir(exist_ok=True)
        (project / "macros/is_incremental.sql").write_text(IS_INCREMENTAL, encoding="utf-8")
        asks = any("is_incremental" in path.read_text(encoding="utf-8") for path in (project / "models").rglob("*.sql"))
        for incremental in ("false", "true") if asks else ("false",):
            complaint = dbt(folder, project, "compile", "--no-introspect", "--no-populate-cache", "--quiet", "--vars",
                            f"{{compiled_as_incremental: {incremental}}}")
            if complaint:
                return complaint
    return None


def main(program, folder):
    jobs = []
    tally = {"projects read": 0, "not here": 0}
    for database in reference.DATABASES:
        scripts = ROOT / database.scripts
        if scripts.exists():
            jobs += [(database.name, scripts, target) for target in reference.TARGETS]
        else:
            tally["not here"] += len(reference.TARGETS)
            print("not here:", path)
    failures = []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = pool.map(lambda job: check(program, folder, job[1], job[2]), jobs)
        for (name, _, target), complaint in zip(jobs, results, strict=True):
            if complaint is None:
                tally["projects read"] += 1
            else:
                failures.append(f"{name}, {target}: {complaint}")
    return tally, failures


if __name__ == "__main__":
    case_files.finish("dbt with each target's adapter", *main(sys.argv[1], pathlib.Path(sys.argv[2])))
