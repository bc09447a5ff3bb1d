# SPDX-License-Identifier: Apache-2.0
"""Whether the numbers of a comparison are in the right columns."""

import unittest

import compare
from works import WORKS, Sample


def rows(**iops: float) -> dict[str, dict]:
    return {name: compare.middle([Sample(value, user_us=1.0, system_us=3.0, load_us=5.0)]) for name, value in
            iops.items()}


class Middle(unittest.TestCase):
    def test_median_least_and_most(self) -> None:
        row = compare.middle([Sample(value, 1, 1, 1) for value in (10, 30, 20)])
        self.assertEqual((row["iops"], row["iops_low"], row["iops_high"]), (20, 10, 30))
        self.assertIsNone(row["p99_us"])


class Table(unittest.TestCase):
    def test_share_of_the_wire_and_ratios(self) -> None:
        found = rows(Lunway=200.0, tgt=50.0, wire=400.0)
        found["tgt"]["system_us"] = 7.0
        line = compare.table(WORKS[0], found).splitlines()[3]
        self.assertTrue(line.startswith("| tgt | 50 |"), line)
        # An eighth of the wire; Lunway has four times its rate, at half its cost.
        self.assertTrue(line.endswith("| 12% | 4.00 x | 0.50 x |"), line)

    def test_without_a_wire_there_is_no_share(self) -> None:
        line = compare.table(WORKS[0], rows(tgt=50.0)).splitlines()[2]
        self.assertTrue(line.endswith("|  |  |  |"), line)


class Wire(unittest.TestCase):
    def test_bytes_are_those_of_iscsi(self) -> None:
        read, write = WORKS[2], WORKS[3]
        self.assertEqual((read.request_bytes(), read.answer_bytes()), (48, 48 + 4096))
        self.assertEqual((write.request_bytes(), write.answer_bytes()), (48 + 4096, 48))


if __name__ == "__main__":
    unittest.main()
