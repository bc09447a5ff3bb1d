# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""What an administrator changes while the kernel uses a target."""

import pytest

from guest.session import Session
from harness import disks

IQN = "iqn.2026-11.io.example:changes"


@pytest.fixture
def controlled(serve, cli, tmp_path):
    """A server with a configuration that can be written again, and ctl(words...) to talk to it."""
    def write(luns):
        text = f'[server]\nstate = "{tmp_path}"\n[[portal_group]]\nlisten = ["127.0.0.1:0"]\n'
        for number in luns:
            text += f'[volume.v{number}]\nfile = "{tmp_path}/{number}.img"\nsize = "48MiB"\n'
        text += f'[[target]]\nname = "{IQN}"\nluns = {{ '
        (tmp_path / "lunway.toml").write_text(text + ", ".join(f'{number} = "v{number}"' for number in luns) + " }\n")

    def ctl(*words):
        outcome = cli("ctl", "--control", tmp_path / "control", *words)
        assert outcome.code == 0, str(outcome)

    write([0])
    server = serve("--config", tmp_path / "lunway.toml", "--control", tmp_path / "control")
    return server, write, ctl


def test_a_disk_grows_under_its_file_system(guest, controlled, kernel_log, peers, tmp_path):
    kernel_log.expect("Capacity data has changed", "it has")
    server, _, ctl = controlled
    with Session(guest, server.portal, server.iqn) as session:
        device = session.login()[0]
        guest.ok(f"""mkfs.ext4 -q {device}; mount {device} /mnt
            head -c 5000000 /dev/urandom >/mnt/file; sha256sum /mnt/file >/tmp/sum; sync -f /mnt/file""")
        ctl("resize", "v0", "96MiB")
        seen = guest.ok(f"""{session.node} -R >/dev/null
            blockdev --getsize64 {device}
            resize2fs {device} 2>/tmp/resize || {{ cat /tmp/resize; exit 1; }}
            read -r _ blocks _ < <(stat -f -c '%S %b %f' /mnt); test $blocks -gt 80000
            sha256sum -c /tmp/sum
            umount /mnt""")
        assert seen.splitlines()[0] == str(96 * disks.MIB), seen
    disks.assert_clean_file_system(peers, tmp_path / "0.img")


def test_a_lun_comes_and_goes_under_load(guest, controlled, kernel_log, tmp_path):
    kernel_log.expect("LUN assignments on this target have changed", "they have")
    kernel_log.expect(r"\[sd.\] .*(Sense Key : Illegal Request|Logical unit not supported|FAILED Result|CDB: )|"
                      r"critical target error|I/O error, dev|Buffer I/O error on dev", "the disk that went is read")
    kernel_log.expect(r"\[sd.\] Synchronize Cache.* failed", "the kernel flushes a disk that it forgets")
    server, write, ctl = controlled
    with Session(guest, server.portal, server.iqn) as session:
        first = session.login()[0]
        load = guest.begin(f"fio --name=v --filename={first} --rw=randwrite --bs=8k --size=8M --direct=1 --loops=4 "
                           "--ioengine=libaio --iodepth=8 --verify=crc32c --verify_fatal=1")
        write([0, 1])
        ctl("reload")
        second = guest.ok(f"""{session.node} -R >/dev/null
            disk=/dev/$(await_disks {IQN} 1)
            dd if=/dev/urandom of=$disk bs=64k count=16 oflag=direct status=none
            sha256sum <(dd if=$disk bs=64k count=16 iflag=direct status=none)
            echo $disk""").split()
        (tmp_path / "part").write_bytes((tmp_path / "1.img").read_bytes()[:1 << 20])
        assert disks.digest(tmp_path / "part") == second[0]
        write([0])
        ctl("reload")
        guest.ok(f"""refused dd if={second[-1]} of=/dev/null bs=64k count=1 iflag=direct status=none 2>/dev/null
            echo 1 >/sys/block/{second[-1].removeprefix("/dev/")}/device/delete
            {session.node} -R >/dev/null
            test -z "$(disks {IQN} 1)" """)
        outcome = guest.end(load)
        assert outcome.code == 0 and "err= 0" in outcome.out, str(outcome)


def test_drain_logs_the_kernel_out(guest, controlled, kernel_log):
    kernel_log.expect("rejecting I/O to offline device|Synchronize Cache.* failed", "the disk is gone for good")
    server, _, ctl = controlled
    with Session(guest, server.portal, server.iqn, {"node.session.timeo.replacement_timeout": 2}) as session:
        device = session.login()[0]
        guest.ok(f"dd if=/dev/zero of={device} bs=64k count=16 oflag=direct status=none; udevadm settle")
        ctl("drain")
        assert server.process.wait(20) == 0
        server.stopped = True
        assert "logout: " in server.stderr() and "lost: " not in server.stderr(), server.stderr()
