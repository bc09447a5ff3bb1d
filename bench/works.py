# SPDX-License-Identifier: Apache-2.0
"""What is asked of every server, and what one answer to it is."""

from dataclasses import dataclass

HEADER = 48
KIB = 1024


@dataclass(frozen=True)
class Work:
    name: str
    rw: str  # as `lunway bench --rw` has it
    block_bytes: int
    depth: int
    sessions: int
    with_digests: bool = False  # Lunway does it with each kind of digest, too

    def request_bytes(self) -> int:
        """On the wire: a command, with immediate data where it writes."""
        return HEADER + (self.block_bytes if "write" in self.rw else 0)

    def answer_bytes(self) -> int:
        """On the wire: Data-In with the status in it, or a SCSI Response."""
        return HEADER + (0 if "write" in self.rw else self.block_bytes)


WORKS = [
    Work("4 KiB random read, depth 1", "randread", 4 * KIB, 1, 1),
    Work("4 KiB random read, depth 32", "randread", 4 * KIB, 32, 1),
    Work("4 KiB random read, depth 32 on each of 3 connections", "randread", 4 * KIB, 32, 3, with_digests=True),
    Work("4 KiB random write, depth 32 on each of 3 connections", "randwrite", 4 * KIB, 32, 3),
    Work("512 B random read, depth 32 on each of 3 connections", "randread", 512, 32, 3),
    Work("128 KiB read, depth 16 on each of 2 connections", "read", 128 * KIB, 16, 2, with_digests=True),
]

# One connection, client on one core: what an initiator costs.
FOR_INITIATORS = Work("4 KiB random read, depth 32, the initiator on one core", "randread", 4 * KIB, 32, 1)


@dataclass(frozen=True)
class Sample:
    """One run. Times are per operation, in microseconds; of the server, and of what loads it."""
    iops: float
    user_us: float
    system_us: float
    load_us: float
    p50_us: float | None = None
    p99_us: float | None = None
