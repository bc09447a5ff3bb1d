# SPDX-License-Identifier: Apache-2.0
"""Holds the tests against spec/ledger.tsv.

python3 tools/ledger                        what is wrong, and the coverage of each chapter; fails on a wrong
python3 tools/ledger --report ROLE [6.3 C]  one line for each row of a role, of all sections or of some"""

import os
import sys
from collections.abc import Iterator

from claims import Claim, claims_in
from coverage import COMPLETE, Coverage, assess
from report import listing, summary
from rows import EXCEPTIONS, LEDGER, ROLES, LedgerError, parse_exceptions, parse_ledger

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def tests() -> Iterator[str]:
    for folder in ("src", "tests"):
        for where, _, names in os.walk(os.path.join(ROOT, folder)):
            yield from (os.path.relpath(os.path.join(where, name), ROOT) for name in names
                        if name.endswith("_test.cpp"))


def read(path: str) -> str:
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def measure() -> Coverage:
    found = [claim for path in sorted(tests()) for claim in claims_in(path, read(path))]
    coverage = assess(parse_ledger(read(LEDGER)), [claim for claim in found if isinstance(claim, Claim)],
                      parse_exceptions(read(EXCEPTIONS)), COMPLETE)
    coverage.complaints += [complaint for complaint in found if isinstance(complaint, str)]
    return coverage


def main(arguments: list[str]) -> int:
    if arguments and (arguments[0] != "--report" or arguments[1:2] not in [[role] for role in ROLES]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        coverage = measure()
    except LedgerError as error:
        print(error)
        return 1
    if arguments:
        print("\n".join(listing(coverage, arguments[1], tuple(arguments[2:]))))
        return 0
    print("\n".join(summary(coverage)))
    for complaint in sorted(coverage.complaints):
        print(complaint)
    return 1 if coverage.complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
