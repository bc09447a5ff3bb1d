# SPDX-License-Identifier: Apache-2.0
"""Citations of standards: `//= rfc7143#11.3` must name a section that exists; `//= rfc3722` means all of it.

spec/sections lists the sections."""

import re
from collections.abc import Iterator

from tree import Complaint, Tree

SECTIONS = "spec/sections/"
_CITATION = re.compile(r"^\s*//=")
# A row of the ledger that a test proves; tools/ledger reads these.
_LEDGER = re.compile(r"^\s*//= ledger\b")
_FORM = re.compile(r"^\s*//= (rfc\d+)(?:#([0-9A-Z]+(?:\.\d+)*))?$")
# The same in a sentence: "RFC 7143, section 11.2.3". Checked, but not required.
_PROSE = re.compile(r"RFC (\d{4})(?:,)? (?:section |§)(\d+(?:\.\d+)*)")
_TEST_NAME = re.compile(r"^\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST|RC_GTEST_PROP)\(\s*(\w+?)\s*,\s*(\w+)", re.MULTILINE)
# Rfc7143_13_17_Subject, Spc4_Subject (SCSI standards, whose sections are not listed here), or Subject alone.
_SUITE = re.compile(r"^(?:(?:Rfc(\d+)_|S[a-z]{2}\d_)((?:[A-Z0-9]{1,2}_)*))?([A-Z][A-Za-z0-9]*)$")


def sections(tree: Tree) -> dict[str, set[str]]:
    """{"rfc7143": {"1", "2.1", ...}}"""
    return {path.removeprefix(SECTIONS).removesuffix(".txt"): {line.split()[0] for line in tree.lines(path) if line}
            for path in tree.files if path.startswith(SECTIONS) and path.endswith(".txt")}


def check(tree: Tree) -> Iterator[Complaint]:
    known = sections(tree)
    for path in tree.cpp():
        for number, line in enumerate(tree.lines(path), start=1):
            yield from check_line(path, number, line, known)
        yield from check_test_names(path, tree.files[path], known)


def check_line(path: str, number: int, line: str, known: dict[str, set[str]]) -> Iterator[Complaint]:
    if _CITATION.match(line) and not _LEDGER.match(line):
        match = _FORM.match(line)
        if not match:
            yield Complaint(path, number, "not a citation a tool can read: write //= rfc7143#11.3, alone on its line")
        elif match.group(1) not in known:
            yield Complaint(path, number, f"{match.group(1)} is not in {SECTIONS}: add its sections there")
        elif match.group(2) and match.group(2) not in known[match.group(1)]:
            yield Complaint(path, number, f"{match.group(1)} has no section {match.group(2)}: cite one that exists")
        return
    for match in _PROSE.finditer(line):
        document = "rfc" + match.group(1)
        if document in known and match.group(2) not in known[document]:
            yield Complaint(path, number, f"{document} has no section {match.group(2)}: cite one that exists")


def check_test_names(path: str, text: str, known: dict[str, set[str]]) -> Iterator[Complaint]:
    for match in _TEST_NAME.finditer(text):
        line = text.count("\n", 0, match.start(1)) + 1
        suite, name = match.groups()
        form = _SUITE.match(suite)
        if not form:
            yield Complaint(path, line,
                            f"{suite}: name the suite Rfc7143_13_17_Subject, Spc4_Subject, or Subject alone")
        elif form.group(1) and form.group(2):
            document, section = "rfc" + form.group(1), form.group(2).rstrip("_").replace("_", ".")
            if section not in known.get(document, {section}):
                yield Complaint(path, line, f"{suite}: {document} has no section {section}")
        if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
            yield Complaint(path, line, f"{name}: say the behaviour in one PascalCase word, as in ZeroIsRejected")
