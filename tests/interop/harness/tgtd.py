# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""A tgt daemon of one's own: another port, another control socket, nothing of the system's."""

import subprocess
import time

import pytest

from .process import environment, run, run_ok


class Tgtd:
    IQN = "iqn.2026-11.io.example:tgt"

    def __init__(self, peers, port, folder):
        self.port, self.portal = port, f"127.0.0.1:{port}"
        # tgt keeps the number of its control socket in a short integer.
        self.control = str(port % 32000 + 1)
        self.tgtadm = peers.find("tgtadm")
        self.log_path = folder / "tgtd.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [peers.find("tgtd"), "-f", "-C", self.control, "--iscsi", f"portal={self.portal}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment())
        self._wait_until_ready(peers)
        self.tell("--op", "new", "--mode", "target", "--tid", "1", "-T", self.IQN)
        self.tell("--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL")

    def _wait_until_ready(self, peers):
        deadline = time.monotonic() + 10
        while run(self.tgtadm, "-C", self.control, "--lld", "iscsi", "--op", "show", "--mode", "sys").code != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                peers.missing(f"tgtd does not start here: {self.log_path.read_text(errors='replace').strip()}")
            time.sleep(0.1)

    def tell(self, *arguments):
        return run_ok(self.tgtadm, "-C", self.control, "--lld", "iscsi", *arguments)

    def add_lun(self, path, lun=1):
        """tgt keeps LUN 0 for its own controller."""
        self.tell("--op", "new", "--mode", "logicalunit", "--tid", "1", "--lun", str(lun), "-b", str(path))
        return f"iscsi://{self.portal}/{self.IQN}/{lun}"

    def require_chap(self, user, secret):
        self.tell("--op", "new", "--mode", "account", "--user", user, "--password", secret)
        self.tell("--op", "bind", "--mode", "account", "--tid", "1", "--user", user)

    def allow_digests(self):
        """tgt agrees to a digest only where it is told to; else it answers None even where None was not offered."""
        for key in ("HeaderDigest", "DataDigest"):
            self.tell("--op", "update", "--mode", "target", "--tid", "1", "-n", key, "-v", "CRC32C")

    def assert_alive(self):
        if self.process.poll() is not None:
            pytest.fail(f"tgtd is gone:\n{self.log_path.read_text(errors='replace')}")

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()  # SIGTERM is ignored while a target exists
        self.process.wait(10)
