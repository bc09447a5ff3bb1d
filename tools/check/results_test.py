# SPDX-License-Identifier: Apache-2.0
"""Whether the totals that check prints are true."""

import os
import tempfile
import unittest

import results

CTEST = """<testsuite>
  <testcase name="A.Passes" status="run"><system-out>fine</system-out></testcase>
  <testcase name="A.Fails" status="fail"><failure message=""/><system-out>want 1, was 2</system-out></testcase>
  <testcase name="A.Skips" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
    <system-out>x_test.cpp:7: Skipped
no io_uring here
[  SKIPPED ] A.Skips</system-out></testcase>
  <testcase name="gone_test_NOT_BUILT" status="notrun"><skipped message="Unable to find executable"/></testcase>
  <testcase name="A.Off" status="disabled"><skipped message=""/></testcase>
</testsuite>"""

PYTEST = """<testsuites><testsuite>
  <testcase classname="test_qemu" name="test_reads"/>
  <testcase classname="test_qemu" name="test_breaks"><failure message="assert 0">trace</failure></testcase>
  <testcase classname="test_qemu" name="test_setup"><error message="no server">trace</error></testcase>
  <testcase classname="test_qemu" name="test_needs"><skipped message="needs istgt" type="pytest.skip"/></testcase>
</testsuite></testsuites>"""


def read(report: str) -> results.Results:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.xml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(report)
        return results.read_junit(path, "unit")


class Junit(unittest.TestCase):
    def test_ctest_report(self) -> None:
        found = read(CTEST)
        self.assertEqual(found.total_line(), "1 passed, 2 failed, 2 skipped")
        self.assertIn(("unit: A.Skips", "no io_uring here"), found.skips)
        self.assertIn("want 1, was 2", found.failures[0][1])

    def test_program_that_was_not_built_is_a_failure(self) -> None:
        self.assertIn("unit: gone_test_NOT_BUILT", [name for name, _ in read(CTEST).failures])

    def test_pytest_report(self) -> None:
        found = read(PYTEST)
        self.assertEqual(found.total_line(), "1 passed, 2 failed, 1 skipped")
        self.assertEqual(found.skips, [("unit: test_needs", "needs istgt")])

    def test_report_that_is_missing_broken_or_empty_is_a_failure(self) -> None:
        self.assertEqual(len(results.read_junit("/nonexistent.xml", "unit").failures), 1)
        self.assertEqual(len(read("<testsuite>").failures), 1)
        self.assertEqual(len(read("<testsuite/>").failures), 1)


class Totals(unittest.TestCase):
    def test_nothing_run_is_no_success(self) -> None:
        self.assertEqual(results.Results().exit_status(), 1)
        self.assertEqual(results.skipped("x", "why").exit_status(), 1)

    def test_skips_do_not_fail(self) -> None:
        found = results.passed(3)
        found.add(results.skipped("x", "why"))
        self.assertEqual(found.exit_status(), 0)
        self.assertEqual(found.total_line(), "3 passed, 0 failed, 1 skipped")

    def test_one_failure_fails(self) -> None:
        found = results.passed(3)
        found.add(results.failed("x", "log"))
        self.assertEqual(found.exit_status(), 1)

    def test_long_log_keeps_its_end(self) -> None:
        log = "\n".join(str(number) for number in range(100))
        self.assertEqual(results.excerpt(log).splitlines()[0], "... 40 lines before")
        self.assertEqual(results.excerpt(log).splitlines()[-1], "99")


if __name__ == "__main__":
    unittest.main()
