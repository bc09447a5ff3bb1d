# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Discovery, login, and file systems on a disk that the kernel sees."""

import hashlib
import re

import pytest

from harness import disks
from harness.server import LunwayServer

SIZE = 320 * disks.MIB  # mkfs.xfs wants 300


def test_sendtargets_shows_the_portal_that_was_asked(guest, serve, tmp_path):
    server = serve(disks.sparse(tmp_path / "disk.img", disks.MIB))
    found = guest.ok(f"iscsiadm -m discovery -t st -p {server.portal}; "
                     f"iscsiadm -m discoverydb -t st -p {server.portal} -o delete")
    assert found.splitlines() == [f"{server.portal},1 {LunwayServer.IQN}"]


def test_the_disk_is_what_it_says_it_is(guest, disk, cli):
    device = disk.devices[0].removeprefix("/dev/")
    sizes = guest.ok(f"cd /sys/block/{device}; cat size queue/logical_block_size device/vendor device/model device/rev")
    assert sizes.split() == [str(SIZE // 512), "512", "LUNWAY", "VIRTUAL", "DISK", "0001"]
    shown = guest.ok(f"udevadm info /dev/{device}; cat /sys/block/{device}/device/wwid")
    served = cli("info", f"iscsi://{disk.portal}/{disk.iqn}/0").out
    serial = next(line.split("=", 1)[1] for line in shown.splitlines() if "ID_SCSI_SERIAL=" in line)
    assert serial in served, (shown, served)
    assert "t10.LUNWAY" in shown


@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_a_file_system_keeps_what_is_written(guest, disk, peers, tmp_path, kind):
    device = disk.devices[0]
    make, check = {"ext4": ("mkfs.ext4 -q", "e2fsck -fn"), "xfs": ("mkfs.xfs -q", "xfs_repair -n")}[kind]
    log = guest.ok(f"""{make} {device}
        mount {device} /mnt
        for size in 1 511 4096 65537 9000000; do
          dd if=/dev/urandom of=/mnt/$size bs=$size count=1 iflag=fullblock conv=fsync status=none
        done
        (cd /mnt; sha256sum [1-9]*; filefrag -b512 -v 9000000 >/host/extents)
        umount /mnt
        {check} {device} >/tmp/check 2>&1 || {{ cat /tmp/check; exit 1; }}
        mount {device} /mnt
        (cd /mnt; sha256sum [1-9]*)
        umount /mnt""")
    sums = [line.split() for line in log.splitlines() if len(line.split()[0]) == 64]
    assert len(sums) == 10 and sums[:5] == sums[5:], log
    disk.logout()
    seen = read_extents(tmp_path / "disk.img", (guest.shared / "extents").read_text(), 9000000)
    assert [hashlib.sha256(seen).hexdigest(), "9000000"] in sums
    if kind == "ext4":
        disks.assert_clean_file_system(peers, tmp_path / "disk.img")


def read_extents(image, filefrag, size):
    """A file's bytes, found on the host: filefrag says which blocks of the disk hold them."""
    data = b""
    with open(image, "rb") as file:
        for match in re.finditer(r"^ *\d+: +\d+\.\. +\d+: +(\d+)\.\. +\d+: +(\d+):", filefrag, re.MULTILINE):
            file.seek(int(match[1]) * 512)
            data += file.read(int(match[2]) * 512)
    assert data, filefrag
    return data[:size]
