# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""docs/commands.md and docs/conformance say what the program says."""

from pathlib import Path

from harness.process import run_ok

TOOLS = Path(__file__).parents[2] / "tools"


def test_help_texts_are_those_of_the_program(lunway):
    run_ok("/usr/bin/python3", "-B", TOOLS / "commands_page.py", "--check", lunway)


def test_pages_of_the_tests_are_those_of_the_program(lunway):
    run_ok("/usr/bin/python3", "-B", TOOLS / "test_pages.py", "--check", lunway)
