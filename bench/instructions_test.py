# SPDX-License-Identifier: Apache-2.0
"""When the guard over the instructions per command fails."""

import unittest

from instructions import SKIPPED, verdict


def figure(count: int, compiler: str = "g++ 12.2") -> dict:
    return {"compiler": compiler, "instructions_per_command": count}


class Verdict(unittest.TestCase):
    def test_five_percent_either_way_pass(self) -> None:
        for count in (950, 1000, 1050):
            self.assertEqual(verdict(figure(count), figure(1000))[0], 0)

    def test_more_fails_and_says_how_to_renew(self) -> None:
        status, text = verdict(figure(1051), figure(1000))
        self.assertEqual(status, 1)
        self.assertIn("+5.1%", text)
        self.assertIn("--renew", text)

    def test_less_asks_to_renew(self) -> None:
        status, text = verdict(figure(949), figure(1000))
        self.assertEqual(status, 1)
        self.assertIn("--renew", text)

    def test_another_compiler_is_no_comparison(self) -> None:
        self.assertEqual(verdict(figure(1, "g++ 14.2"), figure(1000))[0], SKIPPED)


if __name__ == "__main__":
    unittest.main()
