# SPDX-License-Identifier: Apache-2.0
"""What the conformance suite refers to exists: rulings, and the sections that aliases name.

That the tests of aliases exist is for a unit test, which knows the whole catalogue."""

import re
from collections.abc import Iterator

import alias_page
import citations
from tree import Complaint, Tree

RULINGS = "spec/rulings/"
SUITE = "src/conformance/"

# As a finding names it: "ruling close-or-reject".
_RULING = re.compile(r"\bruling ([a-z0-9]+(?:-[a-z0-9]+)+)\b")


def check(tree: Tree) -> Iterator[Complaint]:
    yield from check_rulings(tree)
    if alias_page.TABLE in tree.files:
        yield from check_aliases(tree)


def check_rulings(tree: Tree) -> Iterator[Complaint]:
    for path in tree.cpp(SUITE.rstrip("/")):
        for number, line in enumerate(tree.lines(path), start=1):
            for name in _RULING.findall(line):
                if f"{RULINGS}{name}.md" not in tree.files:
                    yield Complaint(path, number, f"there is no ruling {name}: write {RULINGS}{name}.md")
    index = tree.files.get(RULINGS + "README.md", "")
    for path in sorted(tree.files):
        name = path.removeprefix(RULINGS)
        if path.startswith(RULINGS) and name != "README.md" and f"({name})" not in index:
            yield Complaint(path, 1, f"{RULINGS}README.md does not list this ruling")


def check_aliases(tree: Tree) -> Iterator[Complaint]:
    known = citations.sections(tree).get("rfc7143", set())
    for alias in alias_page.parse(tree.files[alias_page.TABLE]):
        if isinstance(alias, tuple):
            yield Complaint(alias_page.TABLE, *alias)
            continue
        wrong = [f"rfc7143 has no section {section}" for section in alias.sections if section not in known]
        wrong += [f"there is no ruling {name}" for name in alias.rulings if f"{RULINGS}{name}.md" not in tree.files]
        for what in wrong:
            yield Complaint(alias_page.TABLE, alias.line, f"{alias.suite} {alias.name}: {what}")
    if tree.files.get(alias_page.PAGE) != alias_page.render(tree.files[alias_page.TABLE]):
        yield Complaint(alias_page.PAGE, 1, f"is not what {alias_page.TABLE} makes: run tools/tidy/alias_page.py")
