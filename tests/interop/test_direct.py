# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""`lunway serve --direct`: other people's initiators over files past the page cache, byte for byte.

LUNWAY_TEST_DEVICE names a block device whose content nobody needs; without it, the tests of one are skipped.
"""

import os
import stat

import pytest

from harness import disks, machine
from harness.process import run, run_ok

RAW = ["-f", "raw", "-O", "raw", "-m", "16", "-W"]


@pytest.fixture(params=["uring", "epoll"])
def io(request, tmp_path):
    """A way to wait for the kernel, on a machine whose temporary folder can do without the page cache."""
    if not machine.can_bypass_page_cache(tmp_path):
        pytest.skip(f"no O_DIRECT in {tmp_path}")
    machine.need(request.param)
    return request.param


@pytest.fixture
def device():
    path = os.environ.get("LUNWAY_TEST_DEVICE")
    if not path:
        pytest.skip("LUNWAY_TEST_DEVICE names no block device that may be overwritten")
    assert stat.S_ISBLK(os.stat(path).st_mode), f"{path} is no block device"
    return path


def there_and_back(peers, server, image, back):
    qemu_img = peers.find("qemu-img")
    run_ok(qemu_img, "convert", "-n", *RAW, image, server.url(), limit_s=120)
    run_ok(qemu_img, "compare", "-f", "raw", "-F", "raw", image, server.url(), limit_s=120)
    run_ok(qemu_img, "convert", *RAW, server.url(), back, limit_s=120)
    run_ok("cmp", image, back, limit_s=60)


def mixed_work(peers, server):
    """Small and large, zeros and discards, aligned to blocks of the LUN and to no more."""
    commands = []
    for command in ("write -P 7 0 16M", "write -z 1M 2M", "write -z -u 4M 2M", "discard 8M 4M", "write -P 9 12M 4k",
                    "read -P 7 0 1M", "read -P 0 1M 2M", "read -P 7 3M 1M", "read -P 0 4M 2M", "read -P 9 12M 4k",
                    "read -P 7 12292k 3M", "flush"):
        commands += ["-c", command]
    outcome = run_ok(peers.find("qemu-io"), "-f", "raw", "-d", "unmap", *commands, server.url())
    assert "verification failed" not in outcome.out, str(outcome)


@pytest.mark.limit(400)
def test_there_and_back(serve, peers, tmp_path, io):
    image = disks.numbered(tmp_path / "image.raw", 32 * disks.MIB)
    behind = tmp_path / "lun.img"
    server = serve("--direct", "--io", io, "--create", "32MiB", behind)
    there_and_back(peers, server, image, tmp_path / "back.raw")
    server.stop()
    run_ok("cmp", image, behind, limit_s=60)


def test_mixed_work(serve, peers, tmp_path, io):
    mixed_work(peers, serve("--direct", "--io", io, disks.sparse(tmp_path / "disk.img", 32 * disks.MIB)))


def test_it_passes_the_page_cache_by(serve, peers, tmp_path, io):
    """The open file says so, and what is written is in no page afterwards."""
    image = disks.sparse(tmp_path / "disk.img", 32 * disks.MIB)
    server = serve("--direct", "--io", io, image)
    run_ok(peers.find("qemu-io"), "-f", "raw", "-c", "write -P 5 0 8M", server.url())
    folder = f"/proc/{server.process.pid}"
    open_files = [fd for fd in os.listdir(f"{folder}/fd") if os.readlink(f"{folder}/fd/{fd}") == str(image)]
    flags = [int(line.split()[1], 8) for fd in open_files for line in open(f"{folder}/fdinfo/{fd}")
             if line.startswith("flags:")]
    assert any(each & os.O_DIRECT for each in flags), flags
    cached = run("fincore", "--bytes", "--noheadings", "--output", "RES", image)
    if cached.code == 0:
        assert int(cached.out) < disks.MIB, str(cached)


def test_a_file_in_configuration_may_be_direct(serve, peers, tmp_path, io):
    config = tmp_path / "direct.toml"
    config.write_text(f"""
[server]
io = "{io}"
[[portal_group]]
listen = ["127.0.0.1:0"]
[volume.disk]
file = "{tmp_path}/disk.img"
size = "32MiB"
direct = true
[[target]]
name = "iqn.2026-11.io.lunway:interop"
luns = {{ 0 = "disk" }}
""")
    mixed_work(peers, serve("--config", config))


def test_what_is_no_file_has_no_page_cache(cli, tmp_path):
    refused = cli("serve", "--direct", "--memory", "1MiB")
    assert refused.code == 2 and "--direct" in refused.err, str(refused)
    config = tmp_path / "direct.toml"
    config.write_text('[volume.ram]\nmemory = "1MiB"\ndirect = true\n')
    refused = cli("check-config", config)
    assert refused.code != 0 and "direct belongs to file" in refused.out + refused.err, str(refused)


@pytest.mark.limit(400)
@pytest.mark.parametrize("direct", [True, False], ids=["direct", "page-cache"])
def test_block_device(serve, peers, cli, tmp_path, device, io, direct):
    with open(device, "rb") as opened:
        size = opened.seek(0, os.SEEK_END)
    logical = int(run_ok("blockdev", "--getss", device).out)
    block_size = logical if direct else 512
    config = tmp_path / "device.toml"
    config.write_text(f"""
[server]
io = "{io}"
state = "{tmp_path}/state"
[[portal_group]]
listen = ["127.0.0.1:0"]
[volume.disk]
file = "{device}"
block_size = {block_size}
direct = {str(direct).lower()}
[[target]]
name = "iqn.2026-11.io.lunway:interop"
luns = {{ 0 = "disk" }}
""")
    server = serve("--config", config)
    image, back = disks.numbered(tmp_path / "image.raw", size), tmp_path / "back.raw"
    if block_size == 512:  # qemu-io 7.2 fails an assertion of its own when it reads a LUN of larger blocks
        mixed_work(peers, server)
        # Single blocks of the LUN, which may cut those of the device.
        commands = []
        for command in ("write -P 7 0 64k", "write -z 512 512", "write -z -u 8704 512", "discard 9216 512",
                        "read -P 7 0 512", "read -P 0 512 512", "read -P 7 1k 7680", "read -P 0 8704 512",
                        "read -P 7 9728 4k"):
            commands += ["-c", command]
        outcome = run_ok(peers.find("qemu-io"), "-f", "raw", "-d", "unmap", *commands, server.url())
        assert "verification failed" not in outcome.out, str(outcome)
        there_and_back(peers, server, image, back)
    else:
        for source, destination in ((image, server.url()), (server.url(), back)):
            copied = cli("copy", source, destination, limit_s=120)
            assert copied.code == 0, str(copied)
        run_ok("cmp", image, back, limit_s=60)
    suites = [f"--test=ALL.{name}.*" for name in ("WriteSame10", "Unmap", "CompareAndWrite", "Verify10", "Write10")]
    for suite in suites:
        tested = run_ok(peers.find("iscsi-test-cu"), "--dataloss", "--fail", suite, server.url(), limit_s=200)
        assert "FAILED" not in tested.out, str(tested)
    copied = cli("copy", image, server.url(), limit_s=120)
    assert copied.code == 0, str(copied)
    server.stop()
    run_ok("cmp", image, device, limit_s=60)
