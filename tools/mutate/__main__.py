# SPDX-License-Identifier: Apache-2.0
"""Puts deliberate errors into a copy of the engine, one at a time, and sees whether the simulator catches each.

usage: python3 tools/mutate [--runs N] [--jobs N] [PART OF A NAME]

The copy is in build/mutants; nothing else is touched. Prints a row of a table for each mutation.
"""

import argparse
import filecmp
import os
import re
import shutil
import subprocess
import sys
import tomllib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PLACE = os.path.join(ROOT, "build/mutants")
COPIED = ("CMakeLists.txt", "CMakePresets.json", "bench", "cmake", "fuzz", "include", "src", "tests")
PROGRAM = os.path.join(PLACE, "build/debug/lunway-sim")


def copy_sources() -> None:
    """Unchanged files keep their times, so that little is built anew."""
    tracked = subprocess.run(["git", "-C", ROOT, "ls-files", *COPIED], check=True, capture_output=True, text=True)
    for name in tracked.stdout.splitlines():
        source, copy = os.path.join(ROOT, name), os.path.join(PLACE, name)
        if not os.path.exists(source) or (os.path.exists(copy) and filecmp.cmp(source, copy, shallow=False)):
            continue
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copyfile(source, copy)


def build(jobs: int) -> bool:
    result = subprocess.run(["ninja", "-C", os.path.join(PLACE, "build/debug"), f"-j{jobs}", "lunway-sim"],
                            capture_output=True, text=True)
    if result.returncode != 0:
        print(result.stdout[-2000:], file=sys.stderr)
    return result.returncode == 0


def configure() -> None:
    subprocess.run(["cmake", "--preset", "debug", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"], cwd=PLACE, check=True,
                   capture_output=True)


def caught_by(runs: int, jobs: int) -> str | None:
    """The first complaint; nothing when all runs are well."""
    result = subprocess.run([PROGRAM, "--runs", str(runs), "--jobs", str(jobs), "--failures", "1"],
                            capture_output=True, text=True)
    assertion = re.search(r"Assertion `(.*)' failed", result.stderr)
    if assertion:
        return "an assertion"
    complaint = re.search(r"^seed (\d+): (.*)", result.stderr, re.MULTILINE)
    if complaint:
        return re.sub(r"^wire, connection.*?, PDU \d+, ", "wire, ", complaint.group(2))
    return None if result.returncode == 0 else "the program died"


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def mutated(text: str, mutation: dict[str, str]) -> str:
    places = text.count(mutation["old"])
    if places != 1:
        raise LookupError(f"{mutation['file']} has {places} places that read: {mutation['old']}")
    return text.replace(mutation["old"], mutation["new"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("part", nargs="?", default="")
    options = parser.parse_args()
    with open(os.path.join(ROOT, "tests/mutations/engine.toml"), "rb") as file:
        mutations = [one for one in tomllib.load(file)["mutation"] if options.part in one["name"]]
    copy_sources()
    configure()
    if not build(options.jobs) or caught_by(50, options.jobs):
        print("the engine fails without a mutation already", file=sys.stderr)
        return 1
    missed = 0
    for mutation in mutations:
        path = os.path.join(PLACE, mutation["file"])
        original = read(path)
        write(path, mutated(original, mutation))
        complaint = caught_by(options.runs, options.jobs) if build(options.jobs) else "NOT BUILT"
        write(path, original)
        missed += complaint is None or complaint == "NOT BUILT"
        print(f"| {mutation['name']} | {complaint or 'NOT CAUGHT'} |", flush=True)
    print(f"{len(mutations) - missed} of {len(mutations)} caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
