# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""How a command ended: its status, its sense data, and what it has read."""

from dataclasses import dataclass

GOOD, CHECK_CONDITION = 0x00, 0x02


@dataclass(frozen=True)
class Result:
    status: int
    sense: bytes
    data: bytes

    @property
    def key(self):
        return self.sense[2] & 0x0F if self.sense else None

    @property
    def asc(self):
        """Additional sense code and qualifier, such as 0x2900; None without sense data."""
        return int.from_bytes(self.sense[12:14], "big") if len(self.sense) >= 14 else None
