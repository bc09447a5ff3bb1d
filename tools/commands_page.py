#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Keeps the help texts in docs/commands.md and docs/conformance/commands.md equal to what the program prints.

    tools/commands_page.py build/debug/lunway            writes them
    tools/commands_page.py --check build/debug/lunway    says which differ, and exits with 1

A section "## lunway NAME", or "## lunway NAME NAME" for a command of a command, owns the first block of type `text`
below it; the words around it are written by hand.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
# Each page, and the command whose sub-commands it must have.
PAGES = {"commands.md": (), "conformance/commands.md": ("conform",)}
SECTION = re.compile(r"(^## lunway (?P<name>[a-z-]+(?: [a-z-]+)?)\n.*?^```text\n)(?P<help>.*?)(^```$)",
                     re.MULTILINE | re.DOTALL)


def ask(program, *arguments):
    argv = [program, *arguments, "--help"]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout


def rewrite(page, program):
    """The page with the texts of `program`, and the names of the commands whose text was another one."""
    stale = []

    def renewed(match):
        text = ask(program, *match["name"].split())
        if text != match["help"]:
            stale.append(match["name"])
        return match[1] + text + match[4]

    return SECTION.sub(renewed, page), stale


def missing(page, program, command):
    """Commands that the program has, below `command`, and the page has not."""
    listed = re.findall(r"^  ([a-z-]+) {2,}", ask(program, *command).split("Commands:", 1)[1], re.MULTILINE)
    names = [" ".join([*command, name]) for name in listed]
    return [name for name in names if not re.search(rf"^## lunway {name}$", page, re.MULTILINE)]


def renew(name, program, only_check):
    """Whether the page is complete, and as the program has it or as it is written now."""
    path = DOCS / name
    page = path.read_text(encoding="utf-8")
    renewed, stale = rewrite(page, program)
    absent = missing(page, program, PAGES[name])
    for command in absent:
        print(f"docs/{name} has no section \"## lunway {command}\"", file=sys.stderr)
    if not only_check:
        path.write_text(renewed, encoding="utf-8")
        return not absent
    for command in stale:
        print(f"docs/{name}: the help of {command} is another one; run tools/commands_page.py", file=sys.stderr)
    return not stale and not absent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("program")
    arguments = parser.parse_args()
    good = [renew(name, arguments.program, arguments.check) for name in PAGES]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
