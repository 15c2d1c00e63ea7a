#!/bin/bash
# What a change must pass before its tests: the format of C++ files, headers that compile by themselves, and includes that
# point one way (agent_engine, gateway and common as design of the folders says).
#   deploy/dev/check.sh [format|headers|includes ...]   (all three without an argument)
# Headers need a build, since they include generated ones.
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
readonly ROOT
cd "$ROOT"

die() { printf 'check: %s\n' "$*" >&2; exit 1; }
sources() { git ls-files --cached --others --exclude-standard -- "$@"; }

check_format() {
  command -v clang-format > /dev/null || die "clang-format is missing: apt-get install clang-format"
  sources '*.h' '*.cc' | tr '\n' '\0' | xargs -0 -r clang-format --dry-run -Werror
}

# Compiles every header alone, twice in one file, with the include folders of the whole build.
check_headers() {
  [[ -f build/dev/build.ninja ]] || die "there is no build: run cmake --preset dev and cmake --build --preset dev"
  /usr/bin/python3 - <<'PYTHON'
import os, shlex, subprocess, sys
from concurrent.futures import ThreadPoolExecutor

root = os.getcwd()
commands = subprocess.run(["ninja", "-C", "build/dev", "-t", "commands"], capture_output=True, text=True, check=True).stdout
folders = {}
for line in commands.splitlines():
    words = shlex.split(line)
    if "-c" not in words:
        continue
    for word, following in zip(words, words[1:]):
        if word == "-isystem":
            folders["-isystem" + following] = None
        elif word.startswith("-I"):
            folders[word] = None
headers = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.h"],
                         capture_output=True, text=True, check=True).stdout.splitlines()

def compile_alone(header):
    result = subprocess.run(["g++", "-std=c++20", *folders, "-I", root, "-fsyntax-only", "-x", "c++", "-"],
                            input=f'#include "{header}"\n#include "{header}"\n', capture_output=True, text=True, cwd="build/dev")
    return header, result.stderr if result.returncode else ""

failed = 0
with ThreadPoolExecutor(os.cpu_count()) as pool:
    for header, error in pool.map(compile_alone, headers):
        if error:
            failed += 1
            print(f"check: {header} does not compile alone:\n{error}", file=sys.stderr)
sys.exit(1 if failed else 0)
PYTHON
}

# A folder may include itself and what stands before it in its row; common knows neither service, and they not each other.
check_includes() {
  /usr/bin/python3 - <<'PYTHON'
import re, subprocess, sys

ORDER = ["catalog", "tsql", "relational", "dialects", "dbt", "verify", "agents", "service"]
# What builds without the rest of the engine, and what of it that may include.
APART = {"workflow": set(), "routing": {"providers"}, "providers": {"routing"}}
failed = 0
files = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.h", "*.cc"],
                       capture_output=True, text=True, check=True).stdout.splitlines()
for path in files:
    top = path.split("/")[0]
    if top not in ("common", "gateway", "agent_engine"):
        continue
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        match = re.match(r'#include "((common|gateway|agent_engine)/([a-z_0-9]+)/?.*)"', line)
        if not match:
            continue
        included, its_top, its_folder = match.groups()
        folder = path.split("/")[1]
        upward = (top == "common" and its_top != "common") or {top, its_top} == {"gateway", "agent_engine"}
        if top == its_top == "agent_engine" and folder != its_folder:
            upward = (folder in APART and its_folder not in APART[folder]) or (folder in ORDER and its_folder in ORDER and ORDER.index(folder) < ORDER.index(its_folder))
        if upward:
            failed += 1
            print(f"check: {path}:{number}: {folder or top} must not include {included}", file=sys.stderr)
sys.exit(1 if failed else 0)
PYTHON
}

for check in "${@:-format headers includes}"; do
  for name in $check; do
    case "$name" in
      format | headers | includes) "check_$name" ;;
      *) die "unknown check: $name" ;;
    esac
  done
done
printf 'check: passed\n'
