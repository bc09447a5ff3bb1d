# SPDX-License-Identifier: Apache-2.0
"""A test over the repository itself: prints "file:line: what, and what to do instead" and fails when it printed."""

import os
import sys

import citations
import dead_files
import documents
import layers
import shape
import suite
import words
from tree import read_tree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = (layers, words, shape, citations, documents, dead_files, suite)


def main() -> int:
    tree = read_tree(ROOT)
    complaints = sorted(complaint for rule in RULES for complaint in rule.check(tree))
    for complaint in complaints:
        print(complaint)
    return 1 if complaints or not tree.files else 0


if __name__ == "__main__":
    sys.exit(main())
