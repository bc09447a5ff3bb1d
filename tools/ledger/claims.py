# SPDX-License-Identifier: Apache-2.0
"""Which rows a test says it proves: `//= ledger R7143-6.3.1-01 R7143-6.3.1-02` in the comment above the test.

The file says for which role: one named target_* or initiator_*, or in the room of that name, proves that role's half;
wire/ and text/ prove both. `//= ledger(target) ...`, (initiator) or (both) says it where the file does not."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rows import ROLES, Row

_CLAIM = re.compile(r"^\s*//= ledger\b(?:\((\w+)\))?(.*)$")
_TEST = re.compile(r"^\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\(\s*(\w+)\s*,\s*(\w*)")
_SUITE_SECTION = re.compile(r"^Rfc(\d+)_((?:[A-Z0-9]{1,2}_)+)")
_ROOMS_OF_BOTH = ("src/wire/", "src/text/")


@dataclass(frozen=True)
class Claim:
    identity: str
    roles: tuple[str, ...]
    is_explicit: bool  # The comment names the role; then the row must apply to it.
    path: str
    line: int
    suite: str
    test: str


def roles_of_file(path: str) -> tuple[str, ...]:
    for role in ROLES:
        if path.startswith(f"src/{role}/") or os.path.basename(path).startswith(role + "_"):
            return (role,)
    return ROLES if path.startswith(_ROOMS_OF_BOTH) else ()


def claims_in(path: str, text: str) -> Iterator[Claim | str]:
    """The claims of a source; a string is a complaint about one."""
    pending: list[tuple[int, str, tuple[str, ...], bool]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = _CLAIM.match(line)
        if match:
            roles, complaint = _roles(path, match.group(1))
            identities = match.group(2).split()
            if complaint or not identities:
                yield f"{path}:{number}: {complaint or 'no row is named: write //= ledger R7143-6.3.1-01'}"
                continue
            pending += [(number, identity, roles, bool(match.group(1))) for identity in identities]
        elif pending and not line.lstrip().startswith("//"):
            test = _TEST.match(line)
            if test:
                yield from (Claim(identity, roles, explicit, path, at, test.group(1), test.group(2))
                            for at, identity, roles, explicit in pending)
            else:
                yield f"{path}:{pending[0][0]}: no test follows: the claim stands directly above its test"
            pending = []
    if pending:
        yield f"{path}:{pending[0][0]}: no test follows: the claim stands directly above its test"


def _roles(path: str, named: str | None) -> tuple[tuple[str, ...], str]:
    if named is None:
        roles = roles_of_file(path)
        return roles, "" if roles else "whose half is it? write //= ledger(target), (initiator) or (both)"
    if named == "both":
        return ROLES, ""
    return ((named,), "") if named in ROLES else ((), f"{named}: the roles are target, initiator and both")


def are_kin(suite: str, rows: list[Row]) -> bool:
    """Whether a suite's name carries the section of one of its rows, or one above or below it."""
    match = _SUITE_SECTION.match(suite)
    if not match:
        return False
    document, section = "rfc" + match.group(1), match.group(2).replace("_", ".")
    return any(row.document() == document and (section.startswith(row.section + ".")
                                               or (row.section + ".").startswith(section)) for row in rows)
