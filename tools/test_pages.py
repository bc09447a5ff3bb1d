#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Keeps the pages in docs/conformance/tests equal to what the tests of the conformance suite say of themselves.

    tools/test_pages.py build/debug/lunway            writes them
    tools/test_pages.py --check build/debug/lunway    says which differ, and exits with 1
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "conformance" / "tests"


def pages_of_the_program(program):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "conform", "explain", "--pages", folder], check=True, timeout=30)
        return {path.name: path.read_text(encoding="utf-8") for path in Path(folder).iterdir()}


def pages_of_the_folder():
    return {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("program")
    arguments = parser.parse_args()
    new, old = pages_of_the_program(arguments.program), pages_of_the_folder()
    stale = sorted(name for name in new.keys() | old.keys() if new.get(name) != old.get(name))
    if arguments.check:
        for name in stale:
            print(f"docs/conformance/tests/{name} is not what the tests say; run tools/test_pages.py", file=sys.stderr)
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in new:
            (FOLDER / name).write_text(new[name], encoding="utf-8")
        else:
            (FOLDER / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
