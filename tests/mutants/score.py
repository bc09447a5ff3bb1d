#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the conformance suite against each mutant and says which tests find it.

    tests/mutants/score.py build/debug              each mutant against the tests that its table names: one must fail
    tests/mutants/score.py build/debug --whole      the whole suite against each mutant; survivors are listed
    tests/mutants/score.py build/debug --write      the same, and writes the table anew
"""

import argparse
import collections
import concurrent.futures
import json
import pathlib
import queue
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
TABLE = HERE / "target.tsv"
NAME = "iqn.2026-11.io.lunway:mutant"
SECRETS = {"initiator": "a-secret-of-the-initiator", "target": "a-secret-of-the-target"}
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
luns = {{{{ 0 = "disk", 1 = "second" }}}}
initiators = ["iqn.2026-11.io.lunway:conform*"]
max_connections = 4
error_recovery_level = 2

[[target]]
name = "{NAME}-chap"
portal_groups = [1]
luns = {{{{ 0 = "disk" }}}}
chap = {{{{ user = "initiator", secret_file = "{{folder}}/initiator" }}}}
mutual_chap = {{{{ user = "target", secret_file = "{{folder}}/target" }}}}
"""
CHAP_TESTS = ["12.1*", "9.2*", "6.3.2/chap*"]
WORKERS = 3
MOST_TESTS = 3
# A mutant that cannot even be logged in to passes no test: the suite says so and judges nothing.
NOTHING = "probe"


def start(command, **options):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **options)
    return process, process.stdout.readline()


class Suite:
    """A target of its own, and the suite against it: runs at the same time would disturb each other."""

    def __init__(self, build: pathlib.Path) -> None:
        self.build = build
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        for account in ("initiator", "target"):
            (folder / account).write_text(SECRETS[account])
        config = folder / "lunway.toml"
        config.write_text(CONFIGURATION.format(folder=folder))
        self.server, ready = start([build / "lunway", "serve", "--config", config])
        self.portal = re.search(r"iscsi://([^/]+)/", ready)[1]

    def close(self) -> None:
        self.server.terminate()
        self.server.wait()
        self.folder.cleanup()

    def failures(self, fault: str, only: list[str]) -> list[str]:
        """The tests that fail when the suite looks at the target through the mutant."""
        mutant, ready = start([self.build / "lunway-mutant", "before", fault, "127.0.0.1:0", self.portal],
                              stdin=subprocess.PIPE)
        portal = ready.split()[1]
        accounts = f"initiator%{SECRETS['initiator']}@"
        keys = f"?target_user=target&target_password={SECRETS['target']}"
        open_tests = [test for test in only if not is_about_chap(test)]
        chap_tests = [test for test in only if is_about_chap(test)]
        try:
            found = []
            if open_tests or not only:
                found += self.run(f"iscsi://{portal}/{NAME}/0", open_tests)
            if chap_tests or not only:
                found += self.run(f"iscsi://{accounts}{portal}/{NAME}-chap/0{keys}", chap_tests or CHAP_TESTS)
            return list(dict.fromkeys(found))
        finally:
            mutant.stdin.close()
            mutant.wait()

    def run(self, url: str, only: list[str]) -> list[str]:
        result = pathlib.Path(self.folder.name) / "result.json"
        result.unlink(missing_ok=True)
        command = [self.build / "lunway", "conform", "target", "--dataloss", "--quick", "--brief", "--patience", "0.7",
                   "--jobs", "12", "--json", result]
        for test in only:
            command += ["--only", test]
        subprocess.run([*command, url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300, check=False)
        if not result.exists():
            return [NOTHING]
        tests = json.loads(result.read_text())["tests"]
        return [test["id"] for test in tests if test["verdict"] in ("fail", "warn")]


def is_about_chap(test: str) -> bool:
    return test.startswith(("12.1", "9.2", "6.3.2/chap"))


def read_table() -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    if TABLE.exists():
        for line in TABLE.read_text().splitlines()[1:]:
            fault, test = line.split("\t")
            table.setdefault(fault, []).append(test)
    return table


def write_table(found: dict[str, list[str]]) -> None:
    """Of the tests that find a mutant, those that find the fewest others say best what is wrong."""
    common = collections.Counter(test for tests in found.values() for test in tests)
    lines = ["mutant\ttest that finds it"]
    for fault, tests in found.items():
        lines += [f"{fault}\t{test}" for test in sorted(tests, key=lambda test: (common[test], test))[:MOST_TESTS]]
    TABLE.write_text("\n".join(lines) + "\n")


def judge(build: pathlib.Path, faults: list[str], table: dict[str, list[str]], whole: bool) -> dict[str, list[str]]:
    suites: queue.SimpleQueue[Suite] = queue.SimpleQueue()
    for _ in range(WORKERS):
        suites.put(Suite(build))

    def look(fault: str) -> list[str]:
        only = [] if whole else [test for test in table.get(fault, []) if test != NOTHING]
        suite = suites.get()
        try:
            return suite.failures(fault, only)
        finally:
            suites.put(suite)

    try:
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            return dict(zip(faults, pool.map(look, faults)))
    finally:
        while not suites.empty():
            suites.get().close()


def complaints(found: dict[str, list[str]]) -> list[str]:
    return [f"{fault}: no test finds it" for fault, tests in found.items() if not tests]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="where lunway and lunway-mutant are")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    whole = arguments.whole or arguments.write
    command = [arguments.build / "lunway-mutant", "list", "target"]
    faults = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    table = read_table()
    baseline = judge(arguments.build, ["none"], {}, True)["none"]
    if baseline:
        print("the target fails without a fault:", *baseline)
        return 1
    found = judge(arguments.build, faults, table, whole)
    if arguments.write:
        write_table(found)
    survivors = [fault for fault, tests in found.items() if not tests]
    said = complaints(found)
    for complaint in said:
        print(complaint)
    share = 100 * (len(found) - len(survivors)) / len(found)
    print(f"{len(found) - len(survivors)} of {len(found)} mutants are found: {share:.1f} %")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
