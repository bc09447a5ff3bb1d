# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""docs/commands.md says what the program says."""

from pathlib import Path

from harness.process import run_ok

TOOL = Path(__file__).parents[2] / "tools" / "commands_page.py"


def test_help_texts_are_those_of_the_program(lunway):
    run_ok("/usr/bin/python3", "-B", TOOL, "--check", lunway)
