# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""`lunway serve` as a child process."""

import re
import signal
import subprocess
import time

import pytest

from .process import assert_no_sanitizer_report, environment

READY = re.compile(r"ready (iscsi://(\[[^\]]+\]|[^:/]+):(\d+)/([^/]+)/(\d+))")


class LunwayServer:
    """Started by the constructor, which returns when every LUN is said to be ready."""

    IQN = "iqn.2026-11.io.lunway:interop"

    def __init__(self, lunway, arguments, luns, folder, env=None, limit_s=20):
        self.out_path, self.err_path = folder / "serve.out", folder / "serve.err"
        self.argv = [str(lunway), "serve", *map(str, arguments)]
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            env=environment(env))
        self.stopped = False
        try:
            self._wait_until_ready(luns, limit_s)
        except BaseException:
            self.process.kill()
            self.process.wait()
            self.stopped = True
            raise

    def _wait_until_ready(self, luns, limit_s):
        deadline = time.monotonic() + limit_s
        while True:
            found = READY.findall(self.stdout())
            if len(found) >= luns:
                break
            if self.process.poll() is not None:
                pytest.fail(f"{self.argv} ended with {self.process.returncode} before it was ready:\n{self.stderr()}")
            if time.monotonic() > deadline:
                pytest.fail(f"{self.argv} was not ready within {limit_s} s:\n{self.stdout()}{self.stderr()}")
            time.sleep(0.02)
        self.urls = [url for url, *_ in found]
        self.portal = f"{found[0][1]}:{found[0][2]}"
        self.port = int(found[0][2])
        self.iqn = found[0][3]

    def stdout(self):
        return self.out_path.read_text(errors="replace")

    def stderr(self):
        return self.err_path.read_text(errors="replace")

    def url(self, lun=0, user="", **keys):
        """`user` is "name" or "name%secret"; the keys are those after the question mark."""
        tail = "&".join(f"{key}={value}" for key, value in keys.items())
        return f"iscsi://{user + '@' if user else ''}{self.portal}/{self.iqn}/{lun}" + (f"?{tail}" if tail else "")

    def assert_alive(self):
        assert self.process.poll() is None, f"the server is gone with {self.process.returncode}:\n{self.stderr()}"

    def stop(self, limit_s=20):
        """SIGTERM; it must end by itself, with 0."""
        self.stopped = True
        self.assert_alive()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            pytest.fail(f"the server did not end within {limit_s} s of SIGTERM:\n{self.stderr()}")
        assert_no_sanitizer_report(self.stderr(), "lunway serve")
        assert code == 0, f"the server ended with {code}:\n{self.stderr()}"

    def crash(self):
        """SIGKILL: what was not durable is whatever the page cache makes of it."""
        self.stopped = True
        self.process.kill()
        self.process.wait()
