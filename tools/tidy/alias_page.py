# SPDX-License-Identifier: Apache-2.0
"""docs/conformance/aliases.md, made of spec/aliases.tsv: the cases of other suites, and our tests for them.

python3 tools/tidy/alias_page.py    writes the page"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

TABLE = "spec/aliases.tsv"
PAGE = "docs/conformance/aliases.md"
HEAD = ["suite", "name", "sections", "about", "rulings", "tests"]

# Each suite: the role that it judges, and what it is called.
SUITES = {
    "unh-ffp-target": ("target", "UNH-IOL, Full Feature Phase, targets"),
    "unh-recovery-target": ("target", "UNH-IOL, Error Recovery, targets"),
    "unh-ffp-initiator": ("initiator", "UNH-IOL, Full Feature Phase, initiators"),
    "unh-login-initiator": ("initiator", "UNH-IOL, Login Phase, initiators"),
    "unh-chap-initiator": ("initiator", "UNH-IOL, CHAP, initiators"),
    "calsoft": ("target", "Calsoft, PCTS 1.5, targets"),
}

INTRODUCTION = """# Names of other suites, and our tests

Who knows a case by its number in a document of the University of New Hampshire's Interoperability Laboratory
(UNH-IOL), or by its name in Calsoft's suite, finds here what it is about, the sections of RFC 7143, and the tests of
`lunway conform` that ask the same. The words are ours; where those documents and the RFC disagree, a
[ruling](../../spec/rulings/README.md) says why we judge as we do. Only cases whose subject is publicly known are
listed.

This page is made of `spec/aliases.tsv` by `python3 tools/tidy/alias_page.py`.
"""


@dataclass(frozen=True)
class Alias:
    line: int
    suite: str
    name: str
    sections: tuple[str, ...]
    about: str
    rulings: tuple[str, ...]
    tests: tuple[str, ...]


def parse(text: str) -> Iterator[Alias | tuple[int, str]]:
    """The cases; a pair is the line and what is wrong with it."""
    for number, line in enumerate(text.splitlines(), start=1):
        cells = line.split("\t")
        if number == 1:
            if cells != HEAD:
                yield number, f"the first line must name the columns: {' '.join(HEAD)}"
        elif len(cells) != len(HEAD) or not all(cells) or cells[0] not in SUITES:
            yield number, f"{len(HEAD)} cells are needed, \"-\" for none, and a suite of tools/tidy/alias_page.py"
        else:
            suite, name, sections, about, rulings, tests = cells
            yield Alias(number, suite, name, tuple(part for part in sections.split(", ") if part != "-"), about,
                        tuple(part for part in rulings.split() if part != "-"),
                        tuple(part for part in tests.split() if part != "-"))


def render(text: str) -> str:
    page = [INTRODUCTION]
    aliases = [alias for alias in parse(text) if isinstance(alias, Alias)]
    for suite, (_, title) in SUITES.items():
        page += [f"## {title}", "", "| case | about | sections | our tests |", "| --- | --- | --- | --- |"]
        page += [row(alias) for alias in aliases if alias.suite == suite]
        page.append("")
    return "\n".join(page)


def row(alias: Alias) -> str:
    tests = " ".join(f"`{test}`" for test in alias.tests)
    rulings = " ".join(f"([ruling](../../spec/rulings/{ruling}.md))" for ruling in alias.rulings)
    cells = [alias.name, f"{alias.about} {rulings}".strip(), ", ".join(alias.sections), tests]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(os.path.join(root, TABLE), encoding="utf-8") as table:
        made = render(table.read())
    os.makedirs(os.path.dirname(os.path.join(root, PAGE)), exist_ok=True)
    with open(os.path.join(root, PAGE), "w", encoding="utf-8") as written:
        written.write(made)
