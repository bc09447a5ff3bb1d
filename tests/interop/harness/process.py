# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Programs with a time limit, and what must never be on their stderr."""

import atexit
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

import pytest

SANITIZER_REPORT = re.compile(r"(ERROR|WARNING|SUMMARY): (Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|"
                              r"runtime error:|Assertion .* failed")


@dataclass(frozen=True)
class Outcome:
    argv: list[str]
    code: int
    out: str
    err: str

    def __str__(self):
        return f"{shlex.join(self.argv)}\nexit code {self.code}\nstdout: {self.out[-4000:]}\nstderr: {self.err[-4000:]}"


def assert_no_sanitizer_report(text, origin):
    assert not SANITIZER_REPORT.search(text), f"{origin} left a sanitizer report or a failed assertion:\n{text[-8000:]}"


# Servers of one run share it, as the servers of one machine do.
STATE = tempfile.mkdtemp(prefix="lunway-state-")
atexit.register(shutil.rmtree, STATE, ignore_errors=True)


def environment(extra=None):
    """A C locale, so that messages can be compared; nothing of the caller's iSCSI settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LIBISCSI_", "LUNWAY_"))}
    return kept | {"LC_ALL": "C.UTF-8", "XDG_STATE_HOME": STATE} | (extra or {})


def run(*argv, limit_s=30, env=None, stdin=None):
    """Runs to the end and returns the outcome; a program that takes longer than its limit fails the test."""
    argv = [str(a) for a in argv]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=limit_s, env=environment(env), input=stdin,
                              stdin=subprocess.DEVNULL if stdin is None else None, check=False)
    except subprocess.TimeoutExpired as late:
        pytest.fail(f"{shlex.join(argv)} took longer than {limit_s} s\n{(late.stderr or b'').decode(errors='replace')}")
    outcome = Outcome(argv, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
    assert_no_sanitizer_report(outcome.err, argv[0])
    return outcome


def run_ok(*argv, **options):
    outcome = run(*argv, **options)
    assert outcome.code == 0, str(outcome)
    return outcome


class Peers:
    """Finds the programs of others. What is missing skips the test, or fails it under --require-peers."""

    PACKAGES = {
        "isnsd": "open-isns-server", "isnsadm": "open-isns-utils",
        "tgtd": "tgt", "tgtadm": "tgt", "tshark": "tshark", "dumpcap": "wireshark-common",
        "mke2fs": "e2fsprogs", "e2fsck": "e2fsprogs",
        "linux.uml": "user-mode-linux", "sg_vpd": "sg3-utils",
        "qemu-img": "qemu-utils", "qemu-io": "qemu-utils", "qemu-system-x86_64": "qemu-system-x86",
    }

    def __init__(self, required):
        self.required = required

    def find(self, name):
        path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if path is None:
            package = self.PACKAGES.get(name, "libiscsi-bin" if name.startswith("iscsi-") else name)
            self.missing(f"{name} is not installed (Debian package {package})")
        return path

    def missing(self, reason):
        if self.required:
            pytest.fail(reason)
        pytest.skip(reason)
