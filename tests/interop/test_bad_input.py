# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""What goes wrong is said in one line, with the right exit code, and does not trouble anybody else."""

import pytest

from harness import disks, rogue
from harness.process import run_ok

DONE, FAILED, WRONG_CALL = 0, 1, 2


def assert_one_line(outcome, code, *words):
    assert outcome.code == code, str(outcome)
    lines = outcome.err.splitlines()
    assert len(lines) == 1, str(outcome)
    for word in words:
        assert word.lower() in lines[0].lower(), f"'{word}' is not in: {lines[0]}"
    assert "ready" not in outcome.out


@pytest.fixture
def disk(tmp_path):
    return disks.numbered(tmp_path / "disk.img", disks.MIB)


def test_file_that_is_not_there(cli, free_port, tmp_path):
    outcome = cli("serve", tmp_path / "absent.img", "--listen", f"127.0.0.1:{free_port}")
    assert_one_line(outcome, FAILED, "absent.img", "no such file")


def test_size_that_is_not_whole_blocks(cli, free_port, tmp_path):
    odd = disks.sparse(tmp_path / "odd.img", disks.MIB + 1)
    assert_one_line(cli("serve", odd, "--listen", f"127.0.0.1:{free_port}"), FAILED, "odd.img", "512")


def test_empty_file(cli, free_port, tmp_path):
    empty = disks.sparse(tmp_path / "empty.img", 0)
    assert_one_line(cli("serve", empty, "--listen", f"127.0.0.1:{free_port}"), FAILED, "empty.img")


def test_port_in_use(cli, serve, disk):
    server = serve("--memory", "1MiB")
    port = server.portal.rpartition(":")[2]
    assert_one_line(cli("serve", disk, "--listen", server.portal), FAILED, f"port {port}", "in use")


def test_second_server_on_the_same_file(cli, serve, disk):
    serve(disk)
    assert_one_line(cli("serve", disk, "--listen", "127.0.0.1:0"), FAILED, "disk.img")


@pytest.mark.parametrize("arguments, word", [
    ([], "nothing to serve"),
    (["--memory", "lots"], "lots"),
    (["--memory", "1MiB", "--listen", "localhost"], "localhost"),
    (["--memory", "1MiB", "--listen", "127.0.0.1:99999"], "99999"),
    (["--memory", "1MiB", "--target", "not an iqn"], "not an iqn"),
    (["--memory", "1MiB", "--io", "magic"], "magic"),
    (["--memory", "1MiB", "--shards", "many"], "many"),
    (["--memory", "1MiB", "--chap-user", "app"], "chap-secret-file"),
    (["--no-such-option"], "--no-such-option"),
], ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else None)
def test_wrong_call_of_serve(cli, arguments, word):
    assert_one_line(cli("serve", *arguments), WRONG_CALL, word)


def test_everybody_may_connect_only_when_that_is_said(cli):
    outcome = cli("serve", "--memory", "1MiB", "--listen", "0.0.0.0:0")
    assert_one_line(outcome, WRONG_CALL, "0.0.0.0", "CHAP", "--allow-anyone")


def test_secret_file_that_is_not_there(cli, tmp_path):
    outcome = cli("serve", "--memory", "1MiB", "--chap-user", "app", "--chap-secret-file", tmp_path / "absent")
    assert_one_line(outcome, FAILED, "absent", "no such file")


@pytest.mark.parametrize("url", [
    "http://127.0.0.1/iqn.2026-11.io.example:a/0", "iscsi://", "iscsi://127.0.0.1:port/iqn.2026-11.io.example:a/0",
    "iscsi://127.0.0.1/iqn.2026-11.io.example:a/minus", "iscsi://127.0.0.1/iqn.2026-11.io.example:a/0?speed=fast",
    "iscsi://127.0.0.1", "",
])
def test_wrong_url(cli, url):
    assert_one_line(cli("info", url), WRONG_CALL)


def test_no_command(cli):
    assert cli().code == WRONG_CALL


def test_unknown_command(cli):
    assert_one_line(cli("frobnicate"), WRONG_CALL, "frobnicate")


def test_nobody_listens(cli, free_port):
    outcome = cli("info", f"iscsi://127.0.0.1:{free_port}/iqn.2026-11.io.example:a/0")
    assert_one_line(outcome, FAILED, f"127.0.0.1:{free_port}", "refused")


def test_unknown_target(cli, serve):
    server = serve("--memory", "1MiB")
    outcome = cli("info", f"iscsi://{server.portal}/iqn.2026-11.io.example:absent/0")
    assert_one_line(outcome, FAILED, "0x0203", "not found")


def test_absent_lun(cli, serve):
    server = serve("--memory", "1MiB")
    assert_one_line(cli("read", server.url(lun=7), "-o", "/dev/null"), FAILED, "LUN 7")


def test_beyond_the_end(cli, serve):
    server = serve("--memory", "1MiB")
    outcome = cli("read", server.url(), "--offset", "1MiB", "--length", "512", "-o", "/dev/null")
    assert outcome.code in (FAILED, WRONG_CALL)
    assert len(outcome.err.splitlines()) == 1, str(outcome)


def test_source_larger_than_the_lun(cli, serve, tmp_path):
    server = serve("--memory", "1MiB")
    source = disks.numbered(tmp_path / "big.img", 2 * disks.MIB)
    assert_one_line(cli("copy", source, server.url()), FAILED, "1", "2")


@pytest.mark.parametrize("answer", [b"", b"\x23", bytes(48), b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(64)],
                         ids=["silence", "one-byte", "zeros", "http"])
def test_target_that_hangs_up_in_the_login(cli, answer):
    rude = rogue.HangUp(answer)
    try:
        outcome = cli("info", f"iscsi://127.0.0.1:{rude.port}/iqn.2026-11.io.example:a/0", limit_s=40)
    finally:
        rude.stop()
    assert_one_line(outcome, FAILED)
    assert rude.connections >= 1


def test_garbage_on_the_port_while_others_are_served(cli, serve, peers, tmp_path):
    disk = disks.numbered(tmp_path / "disk.img", 8 * disks.MIB)
    server = serve(disk)
    back = tmp_path / "back.img"
    for seed in range(20):
        rogue.send_garbage(server.port, seed, size=1 + seed * 997)
        server.assert_alive()
    outcome = cli("copy", server.url(), back)
    assert outcome.code == DONE, str(outcome)
    assert disks.digest(back) == disks.digest(disk)
    run_ok(peers.find("iscsi-inq"), server.url())


def test_connections_that_never_log_in_do_not_hold_up_others(cli, serve):
    import socket
    server = serve("--memory", "1MiB")
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(16)]
    assert cli("info", server.url()).code == DONE
    for one in idle:
        one.close()
