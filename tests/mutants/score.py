#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the conformance suite against each mutant and says which tests find it.

    tests/mutants/score.py build/debug              each mutant against the tests that its table names: all must fail
    tests/mutants/score.py build/debug --whole      the whole suite against each mutant; survivors are listed
    tests/mutants/score.py build/debug --write      the same, and writes the table anew
"""

import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
TABLE = HERE / "target.tsv"
NAME = "iqn.2026-11.io.lunway:mutant"
CONFIGURATION = f"""
[volume.disk]
memory = "64MiB"

[volume.second]
memory = "16MiB"

[[portal_group]]
tag = 1
listen = ["127.0.0.1:0"]

[[target]]
name = "{NAME}"
portal_groups = [1]
luns = {{ 0 = "disk", 1 = "second" }}
initiators = ["iqn.2026-11.io.lunway:conform*"]
max_connections = 4
error_recovery_level = 2
"""
# A mutant that cannot even be logged in to passes no test: the suite says so and judges nothing.
NOTHING = "probe"


def start(command, **options):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **options)
    return process, process.stdout.readline()


class Suite:
    def __init__(self, build: pathlib.Path, portal: str) -> None:
        self.build = build
        self.portal = portal

    def failures(self, fault: str, only: list[str]) -> list[str]:
        """The tests that fail when the suite looks at the target through the mutant."""
        mutant, ready = start([self.build / "lunway-mutant", "before", fault, "127.0.0.1:0", self.portal],
                              stdin=subprocess.PIPE)
        try:
            return self.run(ready.split()[1], only)
        finally:
            mutant.stdin.close()
            mutant.wait()

    def run(self, portal: str, only: list[str]) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            result = pathlib.Path(folder) / "result.json"
            command = [self.build / "lunway", "conform", "target", "--dataloss", "--quick", "--brief", "--patience", "0.5",
                       "--jobs", "16", "--json", result]
            for test in only:
                command += ["--only", test]
            command.append(f"iscsi://{portal}/{NAME}/0")
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300, check=False)
            if not result.exists():
                return [NOTHING]
            tests = json.loads(result.read_text())["tests"]
            return [test["id"] for test in tests if test["verdict"] in ("fail", "warn")]


def read_table() -> dict[str, list[str]]:
    if not TABLE.exists():
        return {}
    rows = [line.split("\t") for line in TABLE.read_text().splitlines()[1:]]
    return {row[0]: row[1].split() for row in rows}


def write_table(found: dict[str, list[str]]) -> None:
    lines = ["mutant\ttests that find it"]
    lines += [f"{fault}\t{' '.join(tests)}" for fault, tests in found.items()]
    TABLE.write_text("\n".join(lines) + "\n")


def judge(suite: Suite, faults: list[str], table: dict[str, list[str]], whole: bool) -> dict[str, list[str]]:
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        only = {fault: [] if whole else [test for test in table.get(fault, []) if test != NOTHING] for fault in faults}
        return dict(zip(faults, pool.map(lambda fault: suite.failures(fault, only[fault]), faults)))


def complaints(found: dict[str, list[str]], table: dict[str, list[str]], whole: bool) -> list[str]:
    said = []
    for fault, tests in found.items():
        if not tests:
            said.append(f"{fault}: no test finds it")
        missing = [test for test in table.get(fault, []) if test not in tests]
        if missing and not whole:
            said.append(f"{fault}: no longer found by {' '.join(missing)}")
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="where lunway and lunway-mutant are")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    whole = arguments.whole or arguments.write
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "lunway.toml"
        config.write_text(CONFIGURATION)
        server, ready = start([arguments.build / "lunway", "serve", "--config", config])
        try:
            portal = re.search(r"iscsi://([^/]+)/", ready)[1]
            suite = Suite(arguments.build, portal)
            baseline = suite.failures("none", [])
            if baseline:
                print("the target fails without a fault:", *baseline)
                return 1
            faults = subprocess.run([arguments.build / "lunway-mutant", "list", "target"], capture_output=True, text=True,
                                    check=True).stdout.split()
            table = read_table()
            found = judge(suite, faults, table, whole)
        finally:
            server.terminate()
            server.wait()
    if arguments.write:
        write_table({fault: tests for fault, tests in found.items() if tests})
    survivors = [fault for fault, tests in found.items() if not tests]
    for complaint in complaints(found, table, whole):
        print(complaint)
    print(f"{len(found) - len(survivors)} of {len(found)} mutants are found: "
          f"{100 * (len(found) - len(survivors)) / len(found):.1f} %")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
