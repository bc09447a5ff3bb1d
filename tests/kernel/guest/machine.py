# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""A Linux kernel as an ordinary process (User Mode Linux), and scripts that run in it."""

import itertools
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.process import environment

from .network import Cable


@dataclass(frozen=True)
class Outcome:
    script: str
    code: int
    out: str

    def __str__(self):
        return f"in the guest: {self.script}\nexit code {self.code}\n{self.out[-6000:]}"


def memory_folder(memory_mib):
    """The guest's memory is a file, and much faster in memory; a container may have little there."""
    room = os.statvfs("/dev/shm") if os.path.isdir("/dev/shm") else None
    return "/dev/shm" if room and room.f_bavail * room.f_frsize > 2 * memory_mib << 20 else "/tmp"


class GuestEnded(Exception):
    pass


class Guest:
    """Started by the constructor, which returns when the guest takes scripts."""

    def __init__(self, peers, image, folder, name, record=False, memory_mib=384, limit_s=60):
        self.name, self.folder = name, folder
        self.shared, self.console_path = folder / "host", folder / "console.log"
        self.shared.mkdir(parents=True)
        for file in ("init", "shell-functions"):
            shutil.copy(Path(__file__).parent / file, self.shared)
        (self.shared / "name").write_text(f"{name}\n")
        self.numbers = itertools.count()
        self.cable = Cable(peers, folder, record)
        cable, control = self.cable.guest_end.fileno(), os.pipe()
        argv = [peers.find("linux.uml"), f"mem={memory_mib}M", f"umid={name}", f"uml_dir={folder}/uml/",
                f"ubd0={folder}/cow,{image}", "root=/dev/ubda", "rw", "init=/first", "panic=-1", "quiet",
                f"vec0:transport=fd,fd={cable},depth=128,gro=1,mac=52:54:00:00:00:0f",
                "con=null", "con0=null,fd:1", "ssl=null", f"ssl0=fd:{control[0]},null",
                f"guest.host={self.shared}"]
        with open(self.console_path, "wb") as console:
            # A group of its own: each process of the guest is one of the host too.
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                                            env=environment({"TMPDIR": memory_folder(memory_mib)}),
                                            start_new_session=True, pass_fds=[cable, control[0]])
        os.close(control[0])
        self.control = control[1]
        try:
            self._wait_for(self.shared / "ready", limit_s)
        except BaseException:
            self.stop()
            raise

    def console(self):
        return self.console_path.read_text(errors="replace")

    def _wait_for(self, path, limit_s):
        deadline = time.monotonic() + limit_s
        while not (path.exists() and path.stat().st_size):
            if self.process.poll() is not None:
                raise GuestEnded(f"the guest has ended with {self.process.returncode}:\n{self.console()[-4000:]}")
            if time.monotonic() > deadline:
                pytest.fail(f"the guest has left no {path.name} within {limit_s} s:\n{self.console()[-4000:]}")
            time.sleep(0.01)

    def begin(self, script, limit_s=60):
        """Starts a script and returns at once; end() waits for it. Scripts run side by side."""
        job = f"job{next(self.numbers)}"
        (self.shared / f"{job}.sh").write_text(f". /host/shell-functions\n{script}\n")
        (self.shared / f"{job}.out").touch()
        os.write(self.control, f"{job} {limit_s}\n".encode())
        return job, script, limit_s

    def end(self, begun):
        job, script, limit_s = begun
        self._wait_for(self.shared / f"{job}.code", limit_s + 15)
        out = (self.shared / f"{job}.out").read_text(errors="replace")
        return Outcome(script, int((self.shared / f"{job}.code").read_text()), out)

    def output_of(self, begun):
        """What a script that still runs has said so far."""
        return (self.shared / f"{begun[0]}.out").read_text(errors="replace")

    def run(self, script, limit_s=60):
        return self.end(self.begin(script, limit_s))

    def ok(self, script, limit_s=60):
        outcome = self.run("set -e -o pipefail\n" + script, limit_s)
        assert outcome.code == 0, str(outcome)
        return outcome.out

    def stop(self):
        """Powers off; whatever is left of its processes after 10 s is ended."""
        if self.process.poll() is None:
            try:
                os.write(self.control, b"quit\n")
                self.process.wait(10)
            except (OSError, subprocess.TimeoutExpired):
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.control)
        self.cable.close()
        (self.folder / "cow").unlink(missing_ok=True)
