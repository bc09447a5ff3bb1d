# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""QEMU's block layer as the initiator, with patterns and with a real file system."""

import json

import pytest

from harness import disks
from harness.process import run, run_ok

DISK_BYTES = 300 * disks.MIB


@pytest.fixture(scope="module")
def file_system(peers, tmp_path_factory):
    """Made once: an ext4 image full of real files."""
    folder = tmp_path_factory.mktemp("ext4")
    return disks.real_file_system(peers, folder / "real.img", DISK_BYTES, folder)


def test_info(serve, peers, capture, tmp_path):
    server = serve(disks.sparse(tmp_path / "disk.img", 64 * disks.MIB))
    capture(server.port)
    info = json.loads(run_ok(peers.find("qemu-img"), "info", "--output=json", server.url()).out)
    assert info["virtual-size"] == 64 * disks.MIB
    assert info["format"] == "raw"


def test_patterns(serve, peers, capture, tmp_path):
    server = serve(disks.sparse(tmp_path / "disk.img", 64 * disks.MIB))
    capture(server.port)
    places = [(0, "512", 1), (512, "4k", 2), (63 * 512, "1M", 3), ("32M", "8M", 4), (67108352, "512", 5)]
    commands = []
    for verb in ("write", "read"):
        for offset, length, pattern in places:
            commands += ["-c", f"{verb} -P {pattern} {offset} {length}"]
    commands += ["-c", "read -P 0 40M 1M", "-c", "flush"]
    outcome = run_ok(peers.find("qemu-io"), "-f", "raw", *commands, server.url())
    assert "verification failed" not in outcome.out, str(outcome)


def test_zeroes_and_discard(serve, peers, tmp_path):
    server = serve(disks.sparse(tmp_path / "disk.img", 64 * disks.MIB))
    commands = []
    for command in ("write -P 7 0 16M", "write -z 1M 2M", "write -z -u 4M 2M", "discard 8M 4M", "read -P 7 0 1M",
                    "read -P 0 1M 2M", "read -P 7 3M 1M", "read -P 0 4M 2M", "read -P 7 12M 4M"):
        commands += ["-c", command]
    outcome = run_ok(peers.find("qemu-io"), "-f", "raw", "-d", "unmap", *commands, server.url())
    assert "verification failed" not in outcome.out, str(outcome)


@pytest.mark.parametrize("options", [[], ["-w"], ["-w", "--flush-interval", "64"]], ids=["read", "write", "flush"])
@pytest.mark.parametrize("depth", [1, 64])
def test_bench(serve, peers, tmp_path, options, depth):
    server = serve(disks.sparse(tmp_path / "disk.img", 64 * disks.MIB))
    run_ok(peers.find("qemu-img"), "bench", "-f", "raw", "-c", "4000", "-d", str(depth), "-s", "4096", "-S", "12288",
           *options, server.url())


def test_beyond_the_end_is_refused(serve, peers, tmp_path):
    server = serve(disks.sparse(tmp_path / "disk.img", 8 * disks.MIB))
    outcome = run(peers.find("qemu-io"), "-f", "raw", "-c", "read 8M 512", server.url())
    assert "read 512/512" not in outcome.out, str(outcome)


@pytest.mark.limit(400)
def test_file_system_there_and_back(serve, peers, tmp_path, file_system):
    """Byte for byte: by qemu-img's own comparison over iSCSI, by the file behind the LUN, and by what comes back."""
    behind, back = tmp_path / "lun.img", tmp_path / "back.img"
    qemu_img = peers.find("qemu-img")
    server = serve("--create", str(DISK_BYTES), behind)
    raw = ["-f", "raw", "-O", "raw", "-m", "16", "-W"]
    run_ok(qemu_img, "convert", "-n", *raw, file_system, server.url(), limit_s=120)
    run_ok(qemu_img, "compare", "-f", "raw", "-F", "raw", file_system, server.url(), limit_s=120)
    run_ok(qemu_img, "convert", *raw, server.url(), back, limit_s=120)
    run_ok("cmp", file_system, back, limit_s=60)
    disks.assert_clean_file_system(peers, back)
    server.stop()
    run_ok("cmp", file_system, behind, limit_s=60)
