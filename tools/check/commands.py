# SPDX-License-Identifier: Apache-2.0
"""Runs the tools: without stdin, with a limit of time, with a log in build/check, and none outlives the check."""

import os
import signal
import subprocess
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOGS = os.path.join(ROOT, "build", "check")


class Commands:
    """Those that run now, in whatever thread. After end_all() it is over: there is none, and none begins."""

    def __init__(self) -> None:
        self.over = False
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen] = set()

    def run(self, log_path: str, command: list[str], timeout_s: float) -> int:
        with open(log_path, "w", encoding="utf-8") as log:
            with self._lock:
                if self.over:
                    raise InterruptedError("interrupted")
                process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log,
                                           stderr=subprocess.STDOUT, start_new_session=True)
                self._running.add(process)
            try:
                return process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                log.write(f"\nended: it took more than {timeout_s} s\n")
                return 124
            finally:
                with self._lock:
                    self._running.discard(process)
                end_group(process)

    def end_all(self) -> None:
        with self._lock:
            self.over = True
            for process in self._running:
                kill_group(process)


def end_group(process: subprocess.Popen) -> None:
    """Ends a command that still runs and whatever it left behind: each has a process group of its own."""
    kill_group(process)
    process.wait()


def kill_group(process: subprocess.Popen) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


COMMANDS = Commands()


def run(name: str, command: list[str], timeout_s: float) -> tuple[int, str]:
    """Returns the status of a command and its output, which is also in build/check/NAME.log."""
    path = os.path.join(LOGS, name + ".log")
    status = COMMANDS.run(path, command, timeout_s)
    with open(path, encoding="utf-8", errors="replace") as log:
        return status, log.read()
