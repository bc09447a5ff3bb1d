# SPDX-License-Identifier: Apache-2.0
"""Each complaint of the ledger, provoked; and silence when all is well."""

import unittest

from claims import Claim, are_kin, claims_in, roles_of_file
from coverage import assess, is_within
from report import listing, summary
from rows import EXCEPTIONS_HEAD, LEDGER_HEAD, LedgerError, parse_exceptions, parse_ledger

LEDGER = "\n".join("\t".join(cells) for cells in [
    LEDGER_HEAD,
    ["R7143-6.3.1-01", "6.3.1", "MUST", "target", "yes", "A."],
    ["R7143-6.3.1-02", "6.3.1", "MUST NOT", "both", "partly", "B."],
    ["R7143-6.3.1-03", "6.3.1", "MAY", "both", "yes", "C."],
    ["R7143-6.3.1-04", "6.3.1", "MUST", "both", "no", "D."],
    ["R7143-6.30-01", "6.30", "MUST", "initiator", "yes", "E."],
    ["R7144-6.3.1-01", "6.3.1", "MUST", "both", "yes", "F."],
]) + "\n"
SUITE = "Rfc7143_6_3_1_Login"


def test_source(*claims: str, suite: str = SUITE, name: str = "Says") -> str:
    return "".join(f"//= ledger{claim}\n" for claim in claims) + f"TEST({suite}, {name}) {{\n}}\n"


def complaints(source: str, path: str = "src/session/target_x_test.cpp", exceptions: tuple[str, ...] = (),
               target: tuple[str, ...] = ()) -> list[str]:
    found = list(claims_in(path, source))
    table = "\n".join(["\t".join(EXCEPTIONS_HEAD), *exceptions])
    coverage = assess(parse_ledger(LEDGER), [claim for claim in found if isinstance(claim, Claim)],
                      parse_exceptions(table), {"target": target, "initiator": ()})
    return coverage.complaints + [text for text in found if isinstance(text, str)]


class Claims(unittest.TestCase):
    def test_known_row(self) -> None:
        self.assertEqual(complaints(test_source(" R7143-6.3.1-01 R7143-6.3.1-02")), [])

    def test_unknown_row(self) -> None:
        self.assertIn("not in the ledger", complaints(test_source(" R7143-6.3.1-01", " R7143-6.3.1-99"))[0])

    def test_several_lines_and_other_comments_above_one_test(self) -> None:
        source = "//= ledger R7143-6.3.1-01\n// Why.\n//= rfc7143#6.3.1\n" + test_source(" R7143-6.3.1-02")
        found = list(claims_in("src/text/x_test.cpp", source))
        self.assertEqual([(claim.identity, claim.test) for claim in found],
                         [("R7143-6.3.1-01", "Says"), ("R7143-6.3.1-02", "Says")])

    def test_claim_without_a_test(self) -> None:
        self.assertIn("no test follows", complaints("//= ledger R7143-6.3.1-01\nint x;\n")[0])
        self.assertIn("no test follows", complaints("//= ledger R7143-6.3.1-01\n")[0])
        self.assertIn("no row is named", complaints(test_source(""))[0])

    def test_role_of_a_file(self) -> None:
        self.assertEqual(roles_of_file("src/session/target_login_test.cpp"), ("target",))
        self.assertEqual(roles_of_file("src/initiator/x_test.cpp"), ("initiator",))
        self.assertEqual(roles_of_file("src/text/x_test.cpp"), ("target", "initiator"))
        self.assertEqual(roles_of_file("src/session/x_test.cpp"), ())

    def test_role_that_nothing_says(self) -> None:
        path = "src/session/x_test.cpp"
        self.assertIn("whose half", complaints(test_source(" R7143-6.3.1-01"), path)[0])
        self.assertEqual(complaints(test_source("(target) R7143-6.3.1-01"), path), [])
        self.assertIn("the roles are", complaints(test_source("(disk) R7143-6.3.1-01"), path)[0])

    def test_role_that_the_row_does_not_have(self) -> None:
        self.assertIn("applies to", complaints(test_source(" R7143-6.3.1-01"), "src/initiator/x_test.cpp")[0])
        self.assertIn("applies to", complaints(test_source("(both) R7143-6.3.1-01"), "src/text/x_test.cpp")[0])
        self.assertEqual(complaints(test_source(" R7143-6.3.1-01"), "src/text/x_test.cpp"), [])

    def test_test_that_does_not_run(self) -> None:
        self.assertIn("does not run", complaints(test_source(" R7143-6.3.1-01", name="DISABLED_Says"))[0])

    def test_suite_carries_the_section(self) -> None:
        rows = [parse_ledger(LEDGER)["R7143-6.3.1-01"]]
        for suite in ("Rfc7143_6_3_1_Login", "Rfc7143_6_3_Login", "Rfc7143_6_3_1_2_Login"):
            self.assertTrue(are_kin(suite, rows), suite)
        for suite in ("Login", "Rfc7143_6_30_Login", "Rfc7144_6_3_1_Login", "Rfc7143_6_3_2_Login"):
            self.assertFalse(are_kin(suite, rows), suite)
        self.assertIn("Rfc7143_6_3_1_", complaints(test_source(" R7143-6.3.1-01", suite="Login"))[0])


class Completeness(unittest.TestCase):
    def test_duty_without_a_test(self) -> None:
        found = complaints("", target=("6.3",))
        self.assertEqual([text.split()[1] for text in found], ["R7143-6.3.1-01", "R7143-6.3.1-02"])

    def test_test_or_exception_settles_it(self) -> None:
        self.assertEqual(complaints(test_source(" R7143-6.3.1-01"), target=("6.3",),
                                    exceptions=("R7143-6.3.1-02\ttarget\tno need",)), [])

    def test_half_of_the_other_role_does_not(self) -> None:
        found = complaints(test_source(" R7143-6.3.1-02"), "src/initiator/x_test.cpp", target=("6.3",))
        self.assertEqual([text.split()[1] for text in found], ["R7143-6.3.1-01", "R7143-6.3.1-02"])

    def test_sections(self) -> None:
        rows = parse_ledger(LEDGER)
        self.assertTrue(is_within(rows["R7143-6.3.1-01"], ("6.3",)))
        self.assertFalse(is_within(rows["R7143-6.30-01"], ("6.3",)))
        self.assertFalse(is_within(rows["R7144-6.3.1-01"], ("6.3",)))
        self.assertTrue(is_within(rows["R7144-6.3.1-01"], ("rfc7144#6",)))


class Exceptions(unittest.TestCase):
    def test_wrong_ones(self) -> None:
        for line, what in [("R7143-9-01\ttarget\tx", "not in the ledger"),
                           ("R7143-6.3.1-01\tinitiator\tx", "does not apply")]:
            self.assertIn(what, complaints("", exceptions=(line,))[0])
        twice = "R7143-6.3.1-02\ttarget\tx"
        self.assertIn("twice", complaints("", exceptions=(twice, twice))[0])

    def test_one_that_a_test_made_needless(self) -> None:
        self.assertIn("remove the exception", complaints(test_source(" R7143-6.3.1-01"),
                                                         exceptions=("R7143-6.3.1-01\ttarget\tx",))[0])


class Tables(unittest.TestCase):
    def test_broken_tables(self) -> None:
        head = "\t".join(LEDGER_HEAD) + "\n"
        for text in ("", "id\n", head + "a\tb\n", head + "a\t\tc\td\te\tf\n", LEDGER + LEDGER.splitlines()[1] + "\n"):
            with self.assertRaises(LedgerError):
                parse_ledger(text)


class Report(unittest.TestCase):
    def test_counts_and_listing(self) -> None:
        claims = [claim for claim in claims_in("src/target/x_test.cpp", test_source(" R7143-6.3.1-01"))
                  if isinstance(claim, Claim)]
        coverage = assess(parse_ledger(LEDGER), claims, [], {"target": (), "initiator": ()})
        lines = list(summary(coverage))
        self.assertEqual([line.split() for line in lines[1:]], [
            ["rfc7143#6.3", "1", "0", "2", "0", "0", "2"], ["rfc7143#6.30", "0", "0", "0", "0", "0", "1"],
            ["rfc7144#6.3", "0", "0", "1", "0", "0", "1"], ["all", "1", "0", "3", "0", "0", "4"]])
        self.assertEqual(list(listing(coverage, "target", ("6.3",)))[0],
                         "tested   R7143-6.3.1-01 MUST: A. [Rfc7143_6_3_1_Login.Says]")


if __name__ == "__main__":
    unittest.main()
