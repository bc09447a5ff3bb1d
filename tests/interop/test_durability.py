# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""What a server said is durable is there after it was killed in the middle of its work.

SIGKILL leaves the page cache alone, so this finds what a server keeps in itself: data that was acknowledged and not yet
handed to the system, state that was not yet written. That data also reached the disk is what the property test of
src/target/durability_test.cpp is about, with a disk that forgets what was not flushed.
"""

import hashlib
import random
import struct
import threading
import time

import pytest

from harness import disks, machine
from harness.initiator import GOOD, Initiator

IQN = "iqn.2026-11.io.example:durable"
RESERVATION_CONFLICT = 0x18
ROUNDS, LANES, BLOCKS_PER_LANE = 5, 3, 64


def content(lane, block, version):
    """512 bytes that say what they are, or zeros for version 0."""
    if version == 0:
        return bytes(512)
    head = struct.pack(">QQQ", lane, block, version)
    return head + hashlib.shake_128(head).digest(512 - len(head))


class Lane(threading.Thread):
    """Writes to blocks of its own, flushes now and then, and keeps for each block what it may be after a crash."""

    def __init__(self, number, write_cache):
        super().__init__(daemon=True)
        self.number, self.write_cache = number, write_cache
        self.version = 0
        # Of each block the versions that it may be, the oldest first; the last one may not have been acknowledged.
        self.may_be = {block: [0] for block in range(BLOCKS_PER_LANE)}
        self.durable, self.failure = 0, None

    def begin(self, port, seed):
        threading.Thread.__init__(self, daemon=True)
        self.port, self.random = port, random.Random(seed)
        self.start()

    def run(self):
        try:
            with Initiator(self.port, IQN, isid=self.number + 1) as initiator:
                initiator.settle()
                while True:
                    self.step(initiator)
        except OSError:
            return
        except BaseException as failure:  # shown by the test's own thread
            self.failure = failure

    def step(self, initiator):
        if self.random.random() < 0.15:
            assert initiator.synchronize().status == GOOD
            self.flushed(self.may_be)
            return
        block = self.random.randrange(BLOCKS_PER_LANE)
        blocks = range(block, min(BLOCKS_PER_LANE, block + self.random.choice((1, 1, 8))))
        self.version += 1
        for one in blocks:
            self.may_be[one].append(self.version)
        fua = self.random.random() < 0.2
        data = b"".join(content(self.number, one, self.version) for one in blocks)
        assert initiator.write(0, self.number * BLOCKS_PER_LANE + block, data, fua=fua).status == GOOD
        if fua or not self.write_cache:
            self.flushed(blocks)

    def flushed(self, blocks):
        for block in blocks:
            self.may_be[block] = self.may_be[block][-1:]
            self.durable += 1

    def check(self, initiator):
        """What is found is from now on what is there."""
        for block, versions in self.may_be.items():
            found = initiator.read(0, self.number * BLOCKS_PER_LANE + block).data
            fitting = [version for version in versions if found == content(self.number, block, version)]
            assert fitting, f"block {block} of lane {self.number} is {found[:24].hex()} and none of {versions}"
            self.may_be[block] = fitting


@pytest.fixture
def configured(tmp_path, free_port):
    """The arguments of a server of one file on one port, which can be started again."""

    def write(write_cache):
        path = tmp_path / "lunway.toml"
        path.write_text(f"""
[server]
state = "{tmp_path}/state"
[[portal_group]]
listen = ["127.0.0.1:{free_port}"]
[volume.disk]
file = "{tmp_path}/disk.img"
size = {disks.MIB}
write_cache = {str(write_cache).lower()}
[[target]]
name = "{IQN}"
luns = {{ 0 = "disk" }}
""")
        return "--config", path, "--shards", 2

    return write


@pytest.mark.parametrize("write_cache", [True, False])
@pytest.mark.parametrize("io", ["uring", "epoll"])
def test_what_was_acknowledged_survives_a_kill(serve, configured, free_port, write_cache, io):
    machine.need(io)
    arguments = (*configured(write_cache), "--io", io)
    seed = time.time_ns()
    chance = random.Random(seed)
    lanes = [Lane(number, write_cache) for number in range(LANES)]
    for _ in range(ROUNDS):
        server = serve(*arguments)
        for lane in lanes:
            lane.begin(free_port, chance.random())
        time.sleep(chance.uniform(0.1, 0.8))
        server.crash()
        for lane in lanes:
            lane.join(20)
            assert lane.failure is None, f"seed {seed}: {lane.failure!r}"
        server = serve(*arguments)
        with Initiator(free_port, IQN) as initiator:
            initiator.settle()
            for lane in lanes:
                lane.check(initiator)
        server.stop()
    assert all(lane.durable > 20 for lane in lanes), "too little happened for this to say anything"


def persistent_reserve_out(initiator, action, key=0, new_key=0, kind=0, aptpl=False):
    parameters = struct.pack(">QQ", key, new_key) + bytes(4) + bytes([aptpl]) + bytes(3)
    return initiator.run(0, struct.pack(">BBBHIB", 0x5f, action, kind, 0, len(parameters), 0), parameters)


def registered_keys(initiator):
    data = initiator.run(0, struct.pack(">BBHBBBHB", 0x5e, 0, 0, 0, 0, 0, 256, 0), expect=256).data
    return [int.from_bytes(data[at:at + 8], "big") for at in range(8, len(data), 8)]


def test_reservations_survive_a_kill(serve, configured, free_port):
    arguments = configured(True)
    server = serve(*arguments)
    with Initiator(free_port, IQN) as holder:
        holder.settle()
        assert persistent_reserve_out(holder, 0, new_key=0x1234, aptpl=True).status == GOOD
        assert persistent_reserve_out(holder, 1, key=0x1234, kind=1).status == GOOD
        server.crash()
    serve(*arguments)
    with Initiator(free_port, IQN) as holder, Initiator(free_port, IQN, isid=2) as other:
        holder.settle()
        other.settle()
        assert registered_keys(other) == [0x1234]
        assert other.write(0, 0, bytes(512)).status == RESERVATION_CONFLICT
        assert other.read(0, 0).status == GOOD
        assert holder.write(0, 0, bytes(512)).status == GOOD
