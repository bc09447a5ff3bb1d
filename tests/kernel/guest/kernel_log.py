# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""The warnings and errors of the guests' kernels."""

import re

# What has nothing to do with the target, and why the kernel says it.
ALWAYS = {
    r"Power-on or device reset occurred": "SAM has a unit tell every new session so",
    r"epollctl": "the guest has no reason to poll a file",
    r"hrtimer: interrupt took|clocksource": "the host is busy",
}


class KernelLog:
    """Since the last one was judged. judge() fails on the first line that nobody has announced."""

    def __init__(self, guests):
        self.guests, self.expected = guests, dict(ALWAYS)
        self.seen = []

    def expect(self, pattern, why):
        assert why
        self.expected[pattern] = why

    def complaints(self):
        """All lines of warning or above since the last test."""
        for guest in self.guests.values():
            found = guest.ok("dmesg --read-clear --level=emerg,alert,crit,err,warn --notime")
            self.seen += [f"{guest.name}: {line}" for line in found.splitlines() if line.strip()]
        return self.seen

    def judge(self):
        wrong = [line for line in self.complaints() if not any(re.search(known, line) for known in self.expected)]
        assert not wrong, "the kernel complains:\n" + "\n".join(wrong)
