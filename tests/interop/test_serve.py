# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""The life of `lunway serve`: what it says, what it listens on, what it leaves behind."""

import json
import socket

import pytest

from harness import disks, machine
from harness.process import run_ok


def test_nothing_but_ready_lines(serve, tmp_path):
    server = serve(disks.sparse(tmp_path / "a.img", disks.MIB), "--memory", "1MiB", luns=2)
    assert server.stdout() == "".join(f"ready iscsi://{server.portal}/{server.iqn}/{lun}\n" for lun in (0, 1))
    server.stop()
    assert server.stderr() == ""


def test_default_target_name_carries_the_host(serve):
    server = serve("--memory", "1MiB", target=None)
    assert server.iqn == f"iqn.2026-11.io.lunway:{socket.gethostname().lower()}"


def test_create_makes_a_sparse_file(serve, tmp_path):
    path = tmp_path / "new.img"
    server = serve("--create", "1GiB", path)
    server.stop()
    assert path.stat().st_size == 1 << 30
    assert path.stat().st_blocks * 512 < disks.MIB


@pytest.mark.parametrize("io", ["uring", "epoll"])
@pytest.mark.parametrize("shards", [1, 4])
def test_io_and_shards(serve, cli, capture, tmp_path, io, shards):
    machine.need(io)
    source = disks.numbered(tmp_path / "source.img", 16 * disks.MIB)
    back = tmp_path / "back.img"
    server = serve("--create", "16MiB", tmp_path / "lun.img", "--io", io, "--shards", shards)
    capture(server.port)
    for arguments in ((source, server.url()), (server.url(), back)):
        outcome = cli("copy", *arguments)
        assert outcome.code == 0, str(outcome)
    assert disks.digest(back) == disks.digest(source)


def test_ipv6(serve, cli, peers, tmp_path):
    machine.need_ipv6()
    disk = disks.numbered(tmp_path / "disk.img", disks.MIB)
    server = serve(disk, listen="[::1]:0")
    assert server.portal.startswith("[::1]:")
    assert cli("discover", server.portal).out == f"{server.portal},1 {server.iqn}\n"
    assert cli("read", server.url(), "-o", tmp_path / "back").code == 0
    assert disks.digest(tmp_path / "back") == disks.digest(disk)
    run_ok(peers.find("iscsi-inq"), server.url())


def test_two_portals(serve, cli):
    machine.need_ipv6()
    server = serve("--memory", "1MiB", "--listen", "[::1]:0", luns=2)
    assert len({url.split("/")[2] for url in server.urls}) == 2
    for url in server.urls:
        assert cli("info", url).code == 0


@pytest.mark.parametrize("header", ["none", "crc32c"])
@pytest.mark.parametrize("data", ["none", "crc32c"])
def test_digests(serve, cli, capture, tmp_path, header, data):
    source = disks.numbered(tmp_path / "source.img", 4 * disks.MIB)
    server = serve("--memory", "4MiB")
    capture(server.port)
    url = server.url(header_digest=header, data_digest=data)
    told = json.loads(cli("info", "--json", url).out)["negotiated"]
    assert told["HeaderDigest"] == {"none": "None", "crc32c": "CRC32C"}[header]
    assert told["DataDigest"] == {"none": "None", "crc32c": "CRC32C"}[data]
    outcome = cli("copy", "--verify", source, url)
    assert outcome.code == 0, str(outcome)


def test_sigterm_leaves_the_data_on_disk(serve, cli, tmp_path):
    source, behind = disks.numbered(tmp_path / "source.img", 8 * disks.MIB), tmp_path / "lun.img"
    server = serve("--create", "8MiB", behind)
    assert cli("copy", source, server.url()).code == 0
    server.stop()
    assert disks.digest(behind) == disks.digest(source)
    # The same file can be served again: nothing keeps it locked.
    serve(behind).stop()


def test_sigterm_with_an_initiator_logged_in(serve, cli, tmp_path, lunway):
    """The initiator is asked to leave; if it stays, the server still ends within its drain time."""
    import subprocess
    server = serve("--memory", "1MiB")
    client = subprocess.Popen([str(lunway), "ping", "--count", "1000", "--interval", "0.05", server.url()],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        client.stdout.readline()
        server.stop(limit_s=15)
    finally:
        client.kill()
        client.communicate()


def test_configuration_file(serve, cli, tmp_path):
    secret = tmp_path / "app.secret"
    secret.write_text("correct-horse-battery\n")
    config = tmp_path / "lunway.toml"
    config.write_text(f"""
[server]
shards = 2

[[portal_group]]
tag = 7
listen = ["127.0.0.1:0"]

[volume.db]
file = "{tmp_path}/db.img"
size = "8MiB"
write_cache = false

[volume.scratch]
memory = "4MiB"

[[target]]
name = "iqn.2026-11.io.example:db"
portal_groups = [7]
luns = {{ 0 = "db", 5 = "scratch" }}
chap = {{ user = "app", secret_file = "{secret}" }}
""")
    assert cli("check-config", config).code == 0
    server = serve("--config", config, luns=2)
    assert [url.rsplit("/", 1)[1] for url in server.urls] == ["0", "5"]
    assert cli("info", server.url()).code == 1
    told = json.loads(cli("info", "--json", server.url(lun=5, user="app"), "--chap-secret-file", secret).out)
    assert told["capacity"]["bytes"] == 4 * disks.MIB
    assert told["negotiated"]["TargetPortalGroupTag"] == 7


def test_check_config_says_every_error_with_its_line(cli, tmp_path):
    config = tmp_path / "lunway.toml"
    config.write_text('[server]\nshards = "two"\n\n[volume.db]\nfiel = "/srv/db.img"\n')
    outcome = cli("check-config", config)
    assert outcome.code == 1
    assert f"{config}:2:" in outcome.err and "shards" in outcome.err, outcome.err
    assert f"{config}:5:" in outcome.err and "fiel" in outcome.err, outcome.err


def test_version(cli):
    assert cli("version").out.startswith("lunway ")
    assert "version" in json.loads(cli("version", "--json").out)
