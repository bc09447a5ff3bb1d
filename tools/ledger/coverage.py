# SPDX-License-Identifier: Apache-2.0
"""Puts rows, claims and exceptions together: what is wrong, and how much of each section is proved."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from claims import Claim, are_kin
from rows import EXCEPTIONS, ROLES, ReasonForNoTest, Row

# Sections whose every MUST and MUST NOT that shows on the wire has a test or an exception; those below them too.
COMPLETE: dict[str, tuple[str, ...]] = {
    "target": ("4.2.2", "4.2.3", "4.2.4", "4.2.5", "4.2.6", "4.2.7", "4.2.8", "4.3", "4.4", "6", "7.4", "7.5", "7.6",
               "7.7", "7.8", "7.9", "7.11", "7.12", "7.14", "8", "9.2", "10", "11.1", "11.2", "11.3", "11.4", "11.5",
               "11.6", "11.7", "11.8", "11.10", "11.11", "11.12", "11.13", "11.14", "11.15", "11.18", "11.19", "12",
               "13", "B", "C", "E", "rfc7144#4", "rfc7144#5", "rfc7144#6", "rfc7144#7"),
    "initiator": ("4.2.2.2", "4.2.2.3", "4.2.2.4", "4.2.4", "4.2.5.2", "4.2.5.3", "4.2.6", "4.2.7", "4.2.8", "4.3",
                  "4.4", "6", "7.3", "7.4", "7.5", "7.7", "7.8", "7.9", "7.11", "7.12", "7.14", "7.15", "8", "9.2",
                  "10", "11.1", "11.2", "11.3", "11.4", "11.7", "11.8", "11.10", "11.11", "11.12", "11.13", "11.14",
                  "11.15", "11.18", "11.19", "12", "13", "B", "C", "rfc7144#7"),
}


@dataclass
class Coverage:
    rows: dict[str, Row]
    proved: dict[tuple[str, str], list[Claim]] = field(default_factory=lambda: defaultdict(list))  # by (id, role)
    excepted: dict[tuple[str, str], ReasonForNoTest] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def is_settled(self, row: Row, role: str) -> bool:
        return (row.identity, role) in self.proved or (row.identity, role) in self.excepted

    def due(self, role: str) -> Iterator[Row]:
        """The rows that a role shows on the wire."""
        return (row for row in self.rows.values() if role in row.roles() and row.testable != "no")


def assess(rows: dict[str, Row], claims: Iterable[Claim], exceptions: Iterable[ReasonForNoTest],
           complete: dict[str, tuple[str, ...]]) -> Coverage:
    coverage = Coverage(rows)
    _take_claims(coverage, list(claims))
    _take_exceptions(coverage, exceptions)
    for role in ROLES:
        coverage.complaints += [f"spec/ledger.tsv: {row.identity} ({row.level}, {role}) has no test: {row.statement}"
                                for row in missing(coverage, role, complete[role])]
    return coverage


def missing(coverage: Coverage, role: str, sections: tuple[str, ...]) -> Iterator[Row]:
    return (row for row in coverage.due(role) if row.is_duty() and is_within(row, sections)
            and not coverage.is_settled(row, role))


def is_within(row: Row, sections: tuple[str, ...]) -> bool:
    """Sections are "6.3", which is RFC 7143's, or "rfc7144#7"."""
    for section in sections:
        document, _, number = section.rpartition("#")
        if row.document() == (document or "rfc7143") and (row.section + ".").startswith(number + "."):
            return True
    return False


def _take_claims(coverage: Coverage, claims: list[Claim]) -> None:
    by_test: dict[tuple[str, str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        where = f"{claim.path}:{claim.line}: {claim.identity}"
        row = coverage.rows.get(claim.identity)
        if row is None:
            coverage.complaints.append(f"{where} is not in the ledger")
            continue
        roles = [role for role in claim.roles if role in row.roles()]
        if not roles or (claim.is_explicit and len(roles) < len(claim.roles)):
            coverage.complaints.append(f"{where} applies to {row.applies_to}, not to {' and '.join(claim.roles)}")
        for role in roles:
            coverage.proved[row.identity, role].append(claim)
        by_test[claim.path, claim.suite, claim.test].append(claim)
    for (path, suite, test), group in by_test.items():
        if test.startswith("DISABLED_"):
            coverage.complaints.append(f"{path}:{group[0].line}: {suite}.{test} does not run and proves nothing")
        if not are_kin(suite, [coverage.rows[claim.identity] for claim in group]):
            coverage.complaints.append(f"{path}:{group[0].line}: {suite} carries the section of none of its rows: name "
                                       f"it {_suite_for(coverage.rows[group[0].identity])}...")


def _suite_for(row: Row) -> str:
    return f"Rfc{row.document()[3:]}_{row.section.replace('.', '_')}_"


def _take_exceptions(coverage: Coverage, exceptions: Iterable[ReasonForNoTest]) -> None:
    for exception in exceptions:
        key = (exception.identity, exception.role)
        where = f"{EXCEPTIONS}:{exception.line}: {exception.identity}"
        row = coverage.rows.get(exception.identity)
        if row is None:
            coverage.complaints.append(f"{where} is not in the ledger")
        elif exception.role not in row.roles():
            coverage.complaints.append(f"{where} does not apply to {exception.role}")
        elif key in coverage.excepted:
            coverage.complaints.append(f"{where} is there twice for {exception.role}")
        elif key in coverage.proved:
            claim = coverage.proved[key][0]
            coverage.complaints.append(f"{where} has a test, {claim.suite}.{claim.test}: remove the exception")
        else:
            coverage.excepted[key] = exception
