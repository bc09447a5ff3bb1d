# SPDX-License-Identifier: Apache-2.0
"""Programs that run while something is measured: pinned to cores, with their processor time and memory, and ended."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
START_TIME_S = 10
STOP_TIME_S = 10


@dataclass(frozen=True)
class ProcessorTime:
    """Seconds. The kernel counts their sum to the nanosecond and divides it by what it saw at its ticks."""
    user: float
    system: float

    def __sub__(self, earlier: "ProcessorTime") -> "ProcessorTime":
        return ProcessorTime(self.user - earlier.user, self.system - earlier.system)


class Process:
    """A program that runs on its own, all its threads on `on_cores`. Its output is in `log_path`."""

    def __init__(self, command: list[str], on_cores: list[int], log_path: str) -> None:
        self.name = os.path.basename(command[0])
        self.log_path = log_path
        pinned = ["taskset", "-c", ",".join(map(str, on_cores)), *command]
        with open(log_path, "wb") as log:
            self._process = subprocess.Popen(pinned, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.pid = self._process.pid  # taskset becomes the program

    def wait_until(self, is_ready: Callable[[], object], what: str) -> object:
        """What `is_ready` returns, once that is something."""
        deadline = time.monotonic() + START_TIME_S
        while not (ready := is_ready()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.name}: {what} did not come:\n{self.log()}")
            time.sleep(0.02)
        return ready

    def log(self) -> str:
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def is_running(self) -> bool:
        return self._process.poll() is None

    def processor_time(self) -> ProcessorTime:
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
            # The name, in parentheses, may hold spaces; utime and stime are fields 14 and 15.
            fields = file.read().rpartition(")")[2].split()
        return ProcessorTime(int(fields[11]) / TICKS_PER_SECOND, int(fields[12]) / TICKS_PER_SECOND)

    def anonymous_bytes(self) -> int:
        """Memory of its own: without the program's files, and without what the kernel keeps for its sockets."""
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as file:
            for line in file:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024
        raise RuntimeError(f"no RssAnon of {self.name}")

    def pause(self) -> None:
        """It keeps its memory and gets no time."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def stop(self, first: signal.Signals = signal.SIGTERM) -> None:
        if self.is_running():
            self._process.send_signal(first)
            self.go_on()
        try:
            self._process.wait(STOP_TIME_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def run_pinned(command: list[str], on_cores: list[int], timeout_s: float) -> str:
    """The standard output of a program that ends by itself, and must end well."""
    run = subprocess.run(["taskset", "-c", ",".join(map(str, on_cores)), *command], stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=timeout_s, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: status {run.returncode}\n{run.stdout}{run.stderr}")
    return run.stdout
