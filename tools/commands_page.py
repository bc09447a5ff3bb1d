#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Keeps the help texts in docs/commands.md equal to what the program prints.

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

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
SECTION = re.compile(r"(^## lunway (?P<name>[a-z-]+(?: [a-z-]+)?)\n.*?^```text\n)(?P<help>.*?)(^```$)",
                     re.MULTILINE | re.DOTALL)


def ask(program, *arguments):
    argv = [program, *arguments, "--help"]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout


def rewrite(page, program):
    """The page with the texts of `program`, and the names of the commands whose text was another one."""
    stale = []

    def renew(match):
        text = ask(program, *match["name"].split())
        if text != match["help"]:
            stale.append(match["name"])
        return match[1] + text + match[4]

    return SECTION.sub(renew, page), stale


def missing(page, program):
    """Commands that the program has and the page has not."""
    listed = re.findall(r"^  ([a-z-]+) {2,}", ask(program).split("Commands:", 1)[1], re.MULTILINE)
    return [name for name in listed if not re.search(rf"^## lunway {name}$", page, re.MULTILINE)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("program")
    arguments = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    renewed, stale = rewrite(page, arguments.program)
    absent = missing(page, arguments.program)
    for name in absent:
        print(f"docs/commands.md has no section \"## lunway {name}\"", file=sys.stderr)
    if arguments.check:
        for name in stale:
            print(f"docs/commands.md: the help of {name} is another one; run tools/commands_page.py", file=sys.stderr)
        return 1 if stale or absent else 0
    PAGE.write_text(renewed, encoding="utf-8")
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
