# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""`lunway proxy` as a child process."""

import json
import signal
import subprocess
import time

import pytest

from .process import assert_no_sanitizer_report, environment


class LunwayProxy:
    """Started by the constructor, which returns when it listens. It logs JSON."""

    def __init__(self, lunway, target_port, folder, *arguments, limit_s=20):
        self.out_path, self.err_path = folder / "proxy.out", folder / "proxy.err"
        self.argv = [str(lunway), "proxy", f"127.0.0.1:{target_port}", "--listen", "127.0.0.1:0", "--json",
                     *map(str, arguments)]
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            env=environment())
        self.stopped = False
        deadline = time.monotonic() + limit_s
        while not (lines := self.lines()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                pytest.fail(f"{self.argv} does not listen:\n{self.err_path.read_text(errors='replace')}")
            time.sleep(0.02)
        self.portal = lines[0]["ready"]
        self.port = int(self.portal.rpartition(":")[2])

    def lines(self):
        """Every whole line of the log so far."""
        text = self.out_path.read_text(errors="replace")
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def pdus(self, **wanted):
        """PDUs whose fields have these values."""
        return [line for line in self.lines()
                if "pdu" in line and all(line.get(key) == value for key, value in wanted.items())]

    def faults(self):
        return [line for line in self.lines() if "fault" in line]

    def notes(self):
        return [line["note"] for line in self.lines() if "note" in line]

    def wait_for_end(self, why, limit_s=10):
        """Until a connection has been closed with these words."""
        deadline = time.monotonic() + limit_s
        while not any(why in line.get("closed", "") for line in self.lines()):
            assert time.monotonic() < deadline, self.lines()
            time.sleep(0.02)

    def through(self, url):
        """The same URL, by way of the proxy."""
        scheme, _, rest = url.partition("://")
        user, at, rest = rest.rpartition("@")
        return f"{scheme}://{user}{at}{self.portal}/{rest.partition('/')[2]}"

    def memory_kib(self):
        """What it holds in memory."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

    def stop(self, limit_s=20):
        """SIGTERM; it must end by itself, with 0, and say what it has seen."""
        self.stopped = True
        error = self.err_path.read_text(errors="replace")
        assert self.process.poll() is None, f"the proxy is gone with {self.process.returncode}:\n{error}"
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            pytest.fail(f"the proxy did not end within {limit_s} s of SIGTERM")
        error = self.err_path.read_text(errors="replace")
        assert_no_sanitizer_report(error, "lunway proxy")
        assert code == 0, error
        return self.lines()[-1]
