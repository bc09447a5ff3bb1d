# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""A running server takes over another configuration: what sessions that stay logged in are told, and what they see."""

import os
import signal
import socket
import time

import pytest

from harness import disks
from harness.initiator import CHECK_CONDITION, GOOD, Initiator, Refused

IQN = "iqn.2026-11.io.example:live"
POWER_ON, LUNS_CHANGED, CAPACITY_CHANGED = 0x2900, 0x3f0e, 0x2a09
NO_SUCH_LUN = 0x2500
NOT_FOUND, REFUSED = 0x0203, 0x0202
ASK_FOR_LOGOUT = 1


class Live:
    """A server with a configuration file that can be written again."""

    def __init__(self, serve, folder, free_port, **options):
        self.path, self.port = folder / "lunway.toml", free_port
        self.write(**options)
        self.server = serve("--config", self.path)

    def write(self, volumes=("a",), luns=None, extra="", sizes=None, target=IQN):
        text = f'[server]\nshards = 2\ndrain_time_s = 1\n[[portal_group]]\nlisten = ["127.0.0.1:{self.port}"]\n'
        for volume in volumes:
            size = (sizes or {}).get(volume)
            text += f'[volume.{volume}]\nfile = "{self.path.parent}/{volume}.img"\n'
            text += f'size = {size}\n' if size else ""
        luns = luns or {number: volume for number, volume in enumerate(volumes)}
        text += f'[[target]]\nname = "{target}"\n{extra}\nluns = {{ '
        self.path.write_text(text + ", ".join(f'{number} = "{volume}"' for number, volume in luns.items()) + " }\n")

    def reload(self, fails=False, **options):
        """Returns what the log says of it."""
        if options:
            self.write(**options)
        before = len(self.server.stderr())
        self.server.process.send_signal(signal.SIGHUP)
        end = "reload: nothing has changed\n" if fails else "reload: done\n"
        deadline = time.monotonic() + 20
        while end not in self.server.stderr()[before:]:
            assert time.monotonic() < deadline, self.server.stderr()
            self.server.assert_alive()
            time.sleep(0.02)
        return self.server.stderr()[before:]

    def login(self, target=IQN, **options):
        return Initiator(self.port, target, **options)


@pytest.fixture
def live(serve, tmp_path, free_port):
    for name in "abc":
        disks.numbered(tmp_path / f"{name}.img", disks.MIB, seed=ord(name))
    return lambda **options: Live(serve, tmp_path, free_port, **options)


def first_block(folder, volume):
    return (folder / f"{volume}.img").read_bytes()[:512]


def test_a_lun_comes(live, tmp_path):
    server = live()
    with server.login() as initiator:
        assert initiator.settle() == [POWER_ON]
        log = server.reload(volumes="ab")
        assert f"LUN 1 of {IQN} is there now" in log, log
        assert initiator.settle(0) == [LUNS_CHANGED]
        assert initiator.luns() == [0, 1]
        assert initiator.settle(1) == [POWER_ON]
        assert initiator.read(1, 0).data == first_block(tmp_path, "b")


def test_a_lun_goes(live, tmp_path):
    server = live(volumes="ab")
    with server.login() as initiator, server.login(isid=2) as other:
        for one in (initiator, other):
            one.settle(0)
            one.settle(1)
        server.reload(volumes="a")
        for one in (initiator, other):
            gone = one.read(1, 0)
            assert (gone.status, gone.asc) == (CHECK_CONDITION, NO_SUCH_LUN)
            assert one.settle(0) == [LUNS_CHANGED]
            assert one.luns() == [0]
            assert one.read(0, 0).data == first_block(tmp_path, "a")
    # Its file is closed: somebody else may have it.
    with open(tmp_path / "b.img", "r+b") as file:
        import fcntl
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_number_means_one_disk_in_a_session(live, tmp_path):
    server = live(volumes="ab", luns={0: "a", 1: "b"})
    with server.login() as initiator:
        initiator.settle(0)
        initiator.settle(1)
        server.reload(volumes="ac", luns={0: "a", 1: "c"})
        # Not c's data under b's number, and no write to it, however often the initiator tries.
        for _ in range(3):
            assert initiator.write(1, 0, bytes(512)).asc == NO_SUCH_LUN
        assert initiator.settle(0) == [LUNS_CHANGED]
        assert initiator.luns() == [0]
        with server.login(isid=2) as other:
            other.settle(1)
            assert other.read(1, 0).data == first_block(tmp_path, "c")
        # The disk that it knows may come back.
        server.reload(volumes="ab", luns={0: "a", 1: "b"})
        assert initiator.settle(1) == [POWER_ON]
        assert initiator.read(1, 0).data == first_block(tmp_path, "b")


def test_commands_under_way_end_when_their_lun_goes(live, tmp_path):
    server = live(volumes="ab")
    with server.login() as initiator:
        initiator.settle(1)
        # A write that has promised a second block and does not send it: it would keep its disk for ever.
        waiting = Unfinished(initiator, lun=1)
        log = server.reload(volumes="a")
        assert "still" not in log, log
        result = waiting.end()
        assert (result.status, result.asc) == (CHECK_CONDITION, NO_SUCH_LUN)
    assert (tmp_path / "b.img").read_bytes()[512:1024] != bytes(512)


class Unfinished:
    """A WRITE of two blocks of which one comes with the command; the target asks for the other with an R2T."""

    def __init__(self, initiator, lun):
        self.initiator = initiator
        cdb = bytes([0x2a, 0, 0, 0, 0, 0, 0, 0, 2, 0])
        initiator.tag += 1
        self.tag = initiator.tag
        head = bytes([0x01, 0xa1, 0, 0, 0, 0, 2, 0]) + lun.to_bytes(2, "big") + bytes(6)
        head += b"".join(n.to_bytes(4, "big") for n in (self.tag, 1024, initiator.cmd_sn, initiator.exp_stat_sn))
        initiator.cmd_sn += 1
        initiator._send(head + cdb.ljust(16, b"\0"), bytes(512))
        self.r2t, _ = initiator._receive()
        assert self.r2t[0] & 0x3f == 0x31, self.r2t

    def end(self):
        """Sends what the target asked for, as an initiator must although the command is lost, and hears its end."""
        data_out = bytes([0x05, 0x80, 0, 0, 0, 0, 2, 0]) + self.r2t[8:16] + self.tag.to_bytes(4, "big")
        data_out += self.r2t[20:24] + bytes(4) + self.initiator.exp_stat_sn.to_bytes(4, "big") + bytes(4)
        data_out += bytes(4) + (512).to_bytes(4, "big") + bytes(4)
        self.initiator._send(data_out, bytes(512))
        return self.initiator.end(self.tag)


def test_a_disk_grows(live, tmp_path):
    server = live()
    with server.login() as initiator:
        initiator.settle()
        before = initiator.blocks(0)
        os.truncate(tmp_path / "a.img", 2 * disks.MIB)
        assert initiator.blocks(0) == before
        log = server.reload()
        assert f"volume a has {2 * disks.MIB} bytes now" in log, log
        assert initiator.settle() == [CAPACITY_CHANGED]
        assert initiator.blocks(0) == 2 * before
        assert initiator.write(0, 2 * before - 1, b"x" * 512).status == GOOD
        assert initiator.read(0, 2 * before - 1).data == b"x" * 512

        server.reload(sizes={"a": 4 * disks.MIB})
        assert initiator.settle() == [CAPACITY_CHANGED]
        assert initiator.blocks(0) == 4 * before
        assert (tmp_path / "a.img").stat().st_size == 4 * disks.MIB

        log = server.reload(sizes={"a": 2 * disks.MIB}, fails=True)
        assert "it is not cut" in log, log
        assert initiator.settle() == []


def test_a_disk_that_was_cut_outside_is_told(live, tmp_path):
    server = live()
    with server.login() as initiator:
        initiator.settle()
        os.truncate(tmp_path / "a.img", disks.MIB // 2)
        assert initiator.read(0, disks.MIB // 512 - 1).status == CHECK_CONDITION
        server.reload()
        assert initiator.settle() == [CAPACITY_CHANGED]
        assert initiator.blocks(0) == disks.MIB // 1024
        assert initiator.read(0, disks.MIB // 512 - 1).asc == 0x2100
    assert (tmp_path / "a.img").stat().st_size == disks.MIB // 2


def test_a_target_goes_and_comes(live):
    server = live()
    new = "iqn.2026-11.io.example:renamed"
    with server.login() as initiator:
        initiator.settle()
        log = server.reload(target=new)
        assert f"target {IQN} is gone" in log and f"target {new} is there now" in log, log
        with pytest.raises(ConnectionError):
            while True:
                initiator.run(0, [0] * 6)
                time.sleep(0.05)
        assert initiator.asynchronous == [ASK_FOR_LOGOUT]
    with pytest.raises(Refused) as refused:
        server.login()
    assert refused.value.status == NOT_FOUND
    with server.login(target=new) as initiator:
        assert initiator.settle() == [POWER_ON]


def test_access_changes_for_new_logins(live):
    server = live()
    with server.login() as initiator:
        initiator.settle()
        server.reload(extra='initiators = ["iqn.2026-11.io.example:other"]')
        assert initiator.read(0, 0).status == GOOD, "who is in stays in"
        with pytest.raises(Refused) as refused:
            server.login(isid=2)
        assert refused.value.status == REFUSED
        server.login(isid=2, name="iqn.2026-11.io.example:other").close()
    log = server.server.stderr()
    assert f"login refused: 127.0.0.1" in log and Initiator.NAME in log, log


def test_a_broken_file_changes_nothing(live, tmp_path):
    server = live(volumes="ab")
    with server.login() as initiator:
        initiator.settle(0)
        initiator.settle(1)
        good = server.path.read_text()
        server.path.write_text(good.replace("drain_time_s", "drian_time_s").replace('1 = "b"', '1 = "nowhere"'))
        log = server.reload(fails=True)
        assert f"{server.path}:3:" in log and "drian_time_s" in log, log
        server.path.write_text(good.replace('1 = "b"', '1 = "nowhere"'))
        assert "nowhere" in server.reload(fails=True)
        server.path.write_text(good.replace("shards = 2", "shards = 3"))
        assert "shards cannot change while the server runs" in server.reload(fails=True)
        os.unlink(tmp_path / "c.img")
        assert "c.img" in server.reload(volumes="ac", fails=True)
        server.path.unlink()
        assert "lunway.toml" in server.reload(fails=True)
        assert initiator.read(1, 0).data == first_block(tmp_path, "b")
        assert initiator.settle(0) == []


def test_many_reloads_under_load(live, tmp_path):
    """LUN 1 comes and goes while two sessions read both LUNs."""
    server = live(volumes="ab")
    with server.login() as initiator, server.login(isid=2) as other:
        for count in range(20):
            tags = [(one, one.begin(1, bytes([0x28] + [0] * 7 + [8, 0]), expect=4096)) for one in (initiator, other)]
            server.reload(volumes="ab" if count % 2 else "a")
            for one, tag in tags:
                assert one.end(tag).status in (GOOD, CHECK_CONDITION)
                one.settle(0)
                assert one.luns() == ([0, 1] if count % 2 else [0])
                one.settle(1)
                assert one.read(0, 0).data == first_block(tmp_path, "a")


def test_a_server_without_a_file_says_so(serve):
    server = serve("--memory", "1MiB")
    server.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 10
    while "started without one" not in server.stderr():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    socket.create_connection(("127.0.0.1", server.port)).close()
