# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""A virtual machine without acceleration, whose text screen is read out of the VGA memory."""

import json
import re
import socket
import subprocess
import time

import pytest

from .process import environment


class Machine:
    """Boots the disk that `blockdev` names. The monitor is QMP on a socket in `folder`."""

    def __init__(self, peers, blockdev, folder):
        path = folder / "qmp"
        self.log_path = folder / "qemu.log"
        argv = [peers.find("qemu-system-x86_64"), "-accel", "tcg", "-m", "128", "-nodefaults", "-vga", "std",
                "-display", "none", "-no-reboot", "-boot", "c", "-qmp", f"unix:{path},server=on,wait=on",
                "-blockdev", json.dumps(blockdev | {"node-name": "disk"}), "-device", "ide-hd,drive=disk"]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment())
        deadline = time.monotonic() + 20
        while not path.exists():
            self._assert_running(deadline)
            time.sleep(0.05)
        self.monitor = socket.socket(socket.AF_UNIX)
        self.monitor.settimeout(20)
        self.monitor.connect(str(path))
        self.replies = self.monitor.makefile("r")
        self.replies.readline()
        self.execute("qmp_capabilities")

    def _assert_running(self, deadline):
        if self.process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"QEMU does not run:\n{self.log_path.read_text(errors='replace')}")

    def execute(self, command, **arguments):
        self.monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            reply = json.loads(self.replies.readline())
            if "event" not in reply:
                assert "return" in reply, reply
                return reply["return"]

    def screen(self):
        """80 x 25 characters; every second byte of the text memory is an attribute."""
        dump = self.execute("human-monitor-command", **{"command-line": "xp /4000xb 0xb8000"})
        values = "".join(line.split(":", 1)[1] for line in dump.splitlines())
        cells = [int(byte, 16) for byte in re.findall(r"0x([0-9a-f]{2})\b", values)]
        text = "".join(chr(c) if 32 <= c < 127 else " " for c in cells[::2])
        return "\n".join(text[row:row + 80].rstrip() for row in range(0, len(text), 80))

    def wait_for(self, text, limit_s):
        deadline = time.monotonic() + limit_s
        while text not in self.screen():
            if time.monotonic() > deadline:
                pytest.fail(f"'{text}' did not appear within {limit_s} s; the screen:\n{self.screen()}")
            self._assert_running(deadline)
            time.sleep(0.5)

    def press(self, key):
        self.execute("human-monitor-command", **{"command-line": f"sendkey {key} 20"})
        time.sleep(0.06)

    def type_line(self, text):
        names = {" ": "spc", "-": "minus", "(": "shift-9", ")": "shift-0", ".": "dot", "/": "slash", ",": "comma"}
        for letter in text:
            self.press(names.get(letter, letter))
        self.press("ret")

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        for end in ("replies", "monitor"):
            if hasattr(self, end):
                getattr(self, end).close()
