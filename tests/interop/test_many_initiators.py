# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Several initiators at once: each finds its own data, whoever else writes."""

import concurrent.futures

import pytest

from harness import disks
from harness.process import run_ok

PART = 8 * disks.MIB


@pytest.mark.limit(150)
@pytest.mark.parametrize("shards", [1, 4])
def test_different_data_on_one_lun(serve, cli, tmp_path, shards):
    server = serve("--create", str(8 * PART), tmp_path / "lun.img", "--shards", shards)

    def one(number):
        part = disks.numbered(tmp_path / f"part-{number}", PART, seed=number + 1).read_bytes()
        for _ in range(3):
            place = ["--offset", str(number * PART)]
            outcome = cli("write", server.url(), *place, stdin=part, limit_s=60)
            assert outcome.code == 0, str(outcome)
            back = tmp_path / f"back-{number}"
            outcome = cli("read", server.url(), *place, "--length", str(PART), "-o", back, limit_s=60)
            assert outcome.code == 0, str(outcome)
            assert back.read_bytes() == part, f"initiator {number} read what it did not write"

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    server.stop()
    whole = (tmp_path / "lun.img").read_bytes()
    for number in range(8):
        assert whole[number * PART:(number + 1) * PART] == (tmp_path / f"part-{number}").read_bytes()


@pytest.mark.limit(150)
def test_ours_and_qemu_side_by_side(serve, cli, peers, tmp_path):
    server = serve("--memory", "64MiB", "--memory", "64MiB", luns=2)
    source = disks.numbered(tmp_path / "source.img", 64 * disks.MIB, seed=3)
    qemu_img = peers.find("qemu-img")
    raw_to_raw = [qemu_img, "convert", "-n", "-f", "raw", "-O", "raw"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        ours = pool.submit(cli, "copy", "--verify", source, server.url(lun=0), limit_s=100)
        theirs = pool.submit(run_ok, *raw_to_raw, source, server.url(lun=1), limit_s=100)
        assert ours.result().code == 0, str(ours.result())
        theirs.result()
    for lun in (0, 1):
        run_ok(qemu_img, "compare", "-f", "raw", "-F", "raw", source, server.url(lun=lun), limit_s=100)
