# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Loads of many block sizes, flushes, and space that comes back to the host."""

import os

from harness import disks

SIZE = 128 * disks.MIB


def allocated(path):
    return os.stat(path).st_blocks * 512


def test_blocks_of_many_sizes(guest, disk):
    device = disk.devices[0]
    for size, depth, more in (("512", 4, "--size=128k"), ("4k", 16, "--size=4M --fsync=64"),
                              ("64k", 8, "--size=12M"), ("1M", 4, "--size=24M --end_fsync=1")):
        outcome = guest.run(f"fio --name=v --filename={device} --rw=randwrite --bs={size} {more} --direct=1 "
                            f"--verify=md5 --verify_fatal=1 --ioengine=libaio --iodepth={depth}")
        assert outcome.code == 0 and "err= 0" in outcome.out, str(outcome)


def test_buffered_writes_and_fsync_reach_the_file(guest, disk, tmp_path):
    image = tmp_path / "disk.img"
    for seek in (0, 1, 77, 4096):
        digest = guest.ok(f"dd if=/dev/urandom of=/tmp/part bs=1000 count=777 iflag=fullblock status=none\n"
                          f"dd if=/tmp/part of={disk.devices[0]} bs=4k seek={seek} conv=notrunc,fsync status=none\n"
                          "busybox sha256sum /tmp/part").split()[0]
        part = image.parent / "part"
        with open(image, "rb") as file:
            file.seek(seek * 4096)
            part.write_bytes(file.read(777000))
        assert disks.digest(part) == digest


def test_discard_gives_space_back(guest, disk, tmp_path):
    image, device = tmp_path / "disk.img", disk.devices[0]
    guest.ok(f"dd if=/dev/urandom of={device} bs=1M count=64 oflag=direct status=none")
    assert allocated(image) >= 64 * disks.MIB
    guest.ok(f"blkdiscard --offset {16 * disks.MIB} --length {40 * disks.MIB} {device}")
    assert allocated(image) <= 25 * disks.MIB
    guest.ok(f"blkdiscard --zeroout --offset 0 --length {8 * disks.MIB} {device}; sg_sync {device}")
    whole = image.read_bytes()
    assert whole[:8 * disks.MIB] == bytes(8 * disks.MIB)
    assert whole[16 * disks.MIB:56 * disks.MIB] == bytes(40 * disks.MIB)
    for kept in (8 * disks.MIB, 16 * disks.MIB - 4096, 56 * disks.MIB, 64 * disks.MIB - 4096):
        assert whole[kept:kept + 4096] != bytes(4096)


def test_fstrim_gives_space_back(guest, disk, tmp_path):
    image, device = tmp_path / "disk.img", disk.devices[0]
    guest.ok(f"""mkfs.ext4 -q {device}; mount {device} /mnt
        dd if=/dev/urandom of=/mnt/big bs=1M count=64 conv=fsync status=none""")
    full = allocated(image)
    assert full >= 64 * disks.MIB
    guest.ok("rm /mnt/big; sync; fstrim /mnt; umount /mnt")
    assert allocated(image) < full - 60 * disks.MIB
