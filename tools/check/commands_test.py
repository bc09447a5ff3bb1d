# SPDX-License-Identifier: Apache-2.0
"""Whether nothing that was started outlives the check."""

import os
import tempfile
import threading
import time
import unittest
from unittest import mock

import commands


class Run(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.enterContext(mock.patch.object(commands, "LOGS", folder.name))
        self.enterContext(mock.patch.object(commands, "COMMANDS", commands.Commands()))

    def test_a_command_leaves_its_status_and_its_log(self) -> None:
        self.assertEqual(commands.run("it", ["sh", "-c", "echo said; exit 3"], 60), (3, "said\n"))
        with open(os.path.join(self.folder, "it.log"), encoding="utf-8") as log:
            self.assertEqual(log.read(), "said\n")

    def test_a_command_that_takes_too_long_is_ended(self) -> None:
        status, log = commands.run("it", ["sleep", "60"], 0.01)
        self.assertEqual(status, 124)
        self.assertIn("more than 0.01 s", log)

    def test_the_end_of_all_is_the_end_of_what_another_thread_runs(self) -> None:
        seen: list[int] = []
        begun = os.path.join(self.folder, "begun")
        command = ["sh", "-c", f"touch {begun}; sleep 60"]
        thread = threading.Thread(target=lambda: seen.append(commands.run("it", command, 60)[0]))
        thread.start()
        while not os.path.exists(begun):
            time.sleep(0.01)
        commands.COMMANDS.end_all()
        thread.join(30)
        self.assertEqual(seen, [-9])

    def test_after_the_end_nothing_begins(self) -> None:
        commands.COMMANDS.end_all()
        with self.assertRaises(InterruptedError):
            commands.run("it", ["true"], 60)


if __name__ == "__main__":
    unittest.main()
