# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""The cable of a guest: its packets reach this machine's loopback and nothing else, without root, taps or namespaces.

QEMU runs without any machine, only for its user-mode network stack: what the guest sends to 127.x.y.z becomes an
ordinary connection of this machine to that address. The guest's end is a pair of sockets; the monitor can pull it out.
"""

import json
import socket
import subprocess
import time

import pytest

from harness.process import environment


class Cable:
    def __init__(self, peers, folder, record=False):
        self.guest_end, switch_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end in (self.guest_end, switch_end):
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                end.setsockopt(socket.SOL_SOCKET, option, 4 << 20)
        path, self.log_path, self.capture_path = folder / "cable.qmp", folder / "cable.log", folder / "guest.pcap"
        argv = [peers.find("qemu-system-x86_64"), "-machine", "none", "-nodefaults", "-display", "none",
                "-qmp", f"unix:{path},server=on,wait=off",
                "-netdev", "user,id=host,ipv6=off", "-netdev", "hubport,id=a,hubid=0,netdev=host",
                "-netdev", f"dgram,id=guest,local.type=fd,local.str={switch_end.fileno()}",
                "-netdev", "hubport,id=b,hubid=0,netdev=guest"]
        if record:
            argv += ["-object", f"filter-dump,id=dump,netdev=guest,file={self.capture_path}"]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(),
                                            pass_fds=[switch_end.fileno()])
        switch_end.close()
        self.monitor = self._connect(path)
        self.replies = self.monitor.makefile("r")
        self.replies.readline()
        self._execute("qmp_capabilities")

    def _connect(self, path, limit_s=20):
        deadline = time.monotonic() + limit_s
        monitor = socket.socket(socket.AF_UNIX)
        monitor.settimeout(limit_s)
        while True:
            try:
                monitor.connect(str(path))
                return monitor
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    self.process.wait()
                    pytest.fail(f"QEMU's network does not run:\n{self.log_path.read_text(errors='replace')}")
                time.sleep(0.02)

    def _execute(self, command, **arguments):
        self.monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            reply = json.loads(self.replies.readline())
            if "event" not in reply:
                assert "return" in reply, reply
                return

    def plug(self, there):
        """False: packets get lost in both directions until it is True again."""
        self._execute("set_link", name="guest", up=there)

    def close(self):
        self.monitor.close()
        self.guest_end.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
