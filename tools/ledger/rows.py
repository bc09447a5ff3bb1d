# SPDX-License-Identifier: Apache-2.0
"""The ledger and its exceptions, read from spec/."""

from collections.abc import Iterator
from dataclasses import dataclass

ROLES = ("target", "initiator")
LEDGER = "spec/ledger.tsv"
EXCEPTIONS = "spec/exceptions.tsv"
LEDGER_HEAD = ["id", "section", "level", "applies-to", "testable", "statement"]
EXCEPTIONS_HEAD = ["id", "role", "reason"]


@dataclass(frozen=True)
class Row:
    identity: str
    section: str
    level: str
    applies_to: str  # target, initiator, both; doc: about the document
    testable: str  # on the wire: yes, partly, no
    statement: str

    def roles(self) -> tuple[str, ...]:
        return ROLES if self.applies_to == "both" else tuple(role for role in ROLES if role == self.applies_to)

    def is_duty(self) -> bool:
        return self.level in ("MUST", "MUST NOT")

    def document(self) -> str:
        return "rfc" + self.identity[1:5]


@dataclass(frozen=True)
class ReasonForNoTest:
    identity: str
    role: str
    reason: str
    line: int


class LedgerError(Exception):
    pass


def parse_ledger(text: str) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for number, cells in table(text, LEDGER, LEDGER_HEAD):
        if cells[0] in rows:
            raise LedgerError(f"{LEDGER}:{number}: {cells[0]} is there twice")
        rows[cells[0]] = Row(*cells)
    return rows


def parse_exceptions(text: str) -> list[ReasonForNoTest]:
    return [ReasonForNoTest(*cells, number) for number, cells in table(text, EXCEPTIONS, EXCEPTIONS_HEAD)]


def table(text: str, path: str, head: list[str]) -> Iterator[tuple[int, list[str]]]:
    lines = text.splitlines()
    if not lines or lines[0].split("\t") != head:
        raise LedgerError(f"{path}:1: the first line must name the columns: {' '.join(head)}")
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(head) or not all(cell.strip() for cell in cells):
            raise LedgerError(f"{path}:{number}: {len(head)} cells are needed, none of them empty")
        yield number, cells
