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


SERIOUS = ("emerg", "alert", "crit", "err", "warn")


class KernelLog:
    """Since the last one was judged. judge() fails on the first complaint that nobody has announced."""

    def __init__(self, guests):
        self.guests, self.expected = guests, dict(ALWAYS)
        self.lines = []  # guest, level, text

    def expect(self, pattern, why):
        assert why
        self.expected[pattern] = why

    def read(self):
        """All lines, of every level, since the last test."""
        for guest in self.guests.values():
            for line in guest.ok("dmesg --read-clear --decode --notime").splitlines():
                _, level, text = line.split(":", 2)
                self.lines.append((guest.name, level.strip(), text.strip()))
        return [text for _, _, text in self.lines]

    def judge(self):
        self.read()
        wrong = [f"{guest}: {text}" for guest, level, text in self.lines
                 if level in SERIOUS and text and not any(re.search(known, text) for known in self.expected)]
        assert not wrong, "the kernel complains:\n" + "\n".join(wrong)
