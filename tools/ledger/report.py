# SPDX-License-Identifier: Apache-2.0
"""How much of the ledger is proved: a line for each section and role, and on request one for each row."""

from collections import Counter
from collections.abc import Iterator

from coverage import Coverage, is_within
from rows import ROLES

STATES = ("tested", "excepted", "open")


def summary(coverage: Coverage) -> Iterator[str]:
    """Rows that show on the wire: with a test, with an exception, with neither, by chapter."""
    yield f"{'section':16} " + "  ".join(f"{role:>9}: tested excepted open" for role in ROLES)
    counts: Counter[tuple[str, str, str]] = Counter()
    chapters: list[str] = []
    for role in ROLES:
        for row in coverage.due(role):
            chapter = f"{row.document()}#" + ".".join(row.section.split(".")[:2])
            chapters += [chapter] if chapter not in chapters else []
            for name in (chapter, "all"):
                counts[name, role, state(coverage, row.identity, role)] += 1
    for name in sorted(chapters, key=_order) + ["all"]:
        cells = [" " * 9 + " {:7} {:8} {:4}".format(*(counts[name, role, kind] for kind in STATES)) for role in ROLES]
        yield f"{name:16} " + "  ".join(cells)


def listing(coverage: Coverage, role: str, sections: tuple[str, ...]) -> Iterator[str]:
    """A line for each row of a role: its state, and the tests or the reason."""
    for row in coverage.due(role):
        if sections and not is_within(row, sections):
            continue
        key = (row.identity, role)
        exception = coverage.excepted.get(key)
        proof = exception.reason if exception else " ".join(
            f"{claim.suite}.{claim.test}" for claim in coverage.proved.get(key, []))
        yield f"{state(coverage, row.identity, role):8} {row.identity} {row.level}: {row.statement} [{proof}]"


def state(coverage: Coverage, identity: str, role: str) -> str:
    key = (identity, role)
    return "tested" if key in coverage.proved else "excepted" if key in coverage.excepted else "open"


def _order(chapter: str) -> tuple[str, list[tuple[int, str]]]:
    document, _, section = chapter.partition("#")
    return document, [(int(part) if part.isdigit() else 99, part) for part in section.split(".")]
