# SPDX-License-Identifier: Apache-2.0
"""Each complaint about the conformance suite, provoked; and silence when all is well."""

import unittest

import alias_page
import suite
from tree import Tree

SECTIONS = {"spec/sections/rfc7143.txt": "6.3 Login Phase\n"}
RULINGS = {"spec/rulings/README.md": "# R\n[one-two](one-two.md)\n", "spec/rulings/one-two.md": "# Ruling\n"}


def complaints(files: dict[str, str]) -> list[str]:
    return [complaint.what for complaint in suite.check(Tree({**SECTIONS, **RULINGS, **files}))]


def with_alias(*cells: str) -> dict[str, str]:
    table = "\t".join(alias_page.HEAD) + "\n" + "\t".join(cells) + "\n"
    return {alias_page.TABLE: table, alias_page.PAGE: alias_page.render(table)}


class Rulings(unittest.TestCase):
    def test_known_one(self) -> None:
        self.assertEqual(complaints({"src/conformance/a.cpp": 'section = "ruling one-two";'}), [])

    def test_unknown_one(self) -> None:
        self.assertIn("no ruling one-three", complaints({"src/conformance/a.cpp": '"ruling one-three"'})[0])

    def test_one_that_is_not_listed(self) -> None:
        self.assertIn("does not list", complaints({"spec/rulings/other-one.md": "# Ruling\n"})[0])


class Aliases(unittest.TestCase):
    def test_good_one(self) -> None:
        files = with_alias("calsoft", "tc_1", "6.3", "About", "one-two", "6.3/known")
        self.assertEqual(complaints(files), [])
        self.assertIn("| tc_1 | About ([ruling](../../spec/rulings/one-two.md)) | 6.3 | `6.3/known` |",
                      files[alias_page.PAGE])

    def test_what_does_not_exist(self) -> None:
        for cells, what in [(("6.4", "About", "-", "-"), "no section 6.4"), (("6.3", "", "-", "-"), "cells"),
                            (("6.3", "About", "one-x", "-"), "no ruling one-x")]:
            self.assertIn(what, complaints(with_alias("calsoft", "tc_1", *cells))[0])
        self.assertIn("a suite of", complaints(with_alias("other", "tc_1", "6.3", "About", "-", "-"))[0])

    def test_page_that_is_old(self) -> None:
        files = with_alias("calsoft", "tc_1", "6.3", "About", "-", "-")
        files[alias_page.PAGE] += "more\n"
        self.assertIn("run tools", complaints(files)[0])


if __name__ == "__main__":
    unittest.main()
