# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Our initiator's commands against our own target: streams, edges, sparse copies, the demonstration."""

import json
import os
import pty
import subprocess

import pytest

from harness import disks
from harness.process import environment

COMMANDS = ["serve", "discover", "info", "ping", "manage", "bench", "read", "write", "copy", "demo", "version",
            "check-config"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(cli, command):
    outcome = cli(command, "--help")
    assert outcome.code == 0
    assert f"lunway {command}" in outcome.out.split("Example", 1)[1], outcome.out
    assert "%" not in outcome.out.split("Example", 1)[1], "no secret in an example"


def test_help_lists_the_commands(cli):
    out = cli("--help").out
    for command in COMMANDS:
        assert f"  {command}" in out


def test_read_and_write_through_pipes(serve, cli, lunway):
    server = serve("--memory", "4MiB")
    data = bytes(range(256)) * 4096
    assert cli("write", server.url(), "--offset", "1MiB", stdin=data).code == 0
    done = subprocess.run([lunway, "read", server.url(), "--offset", "1MiB", "--length", "1MiB"],
                          capture_output=True, timeout=30, check=True, env=environment())
    assert done.stdout == data


@pytest.mark.parametrize("offset, length", [(0, 1), (511, 2), (1000, 5000), (4095, 4097)])
def test_bytes_beside_what_is_written_stay(serve, cli, tmp_path, offset, length):
    path = disks.numbered(tmp_path / "disk.img", disks.MIB)
    before = path.read_bytes()
    server = serve(path)
    assert cli("write", server.url(), "--offset", str(offset), stdin=b"\xa5" * length).code == 0
    back = tmp_path / "back"
    assert cli("read", server.url(), "--offset", str(offset), "--length", str(length), "-o", back).code == 0
    assert back.read_bytes() == b"\xa5" * length
    server.stop()
    assert path.read_bytes() == before[:offset] + b"\xa5" * length + before[offset + length:]


def test_write_that_does_not_fit_changes_nothing(serve, cli, tmp_path):
    path = disks.numbered(tmp_path / "disk.img", disks.MIB)
    before = path.read_bytes()
    server = serve(path)
    source = disks.numbered(tmp_path / "big", 2 * disks.MIB, seed=2)
    assert cli("write", server.url(), "-i", source).code != 0
    server.stop()
    assert path.read_bytes() == before


def test_copy_keeps_holes_and_zeroes_what_was_there(serve, cli, tmp_path):
    """A hole of the source must read as zero on the LUN, even where that held data; and it must not fill the disk."""
    behind = disks.numbered(tmp_path / "lun.img", 64 * disks.MIB)
    source = disks.sparse(tmp_path / "source.img", 64 * disks.MIB)
    with open(source, "r+b") as file:
        file.seek(20 * disks.MIB + 512)
        file.write(b"\x55" * 3000)
    server = serve(behind)
    outcome = cli("copy", "--verify", "--json", source, server.url(), limit_s=60)
    assert outcome.code == 0, str(outcome)
    told = json.loads(outcome.out)
    assert told["bytes"] == 64 * disks.MIB and told["zero_bytes"] >= 60 * disks.MIB and told["verified"]
    back = tmp_path / "back.img"
    assert cli("copy", server.url(), back, limit_s=60).code == 0
    assert disks.digest(back) == disks.digest(source)
    assert back.stat().st_blocks * 512 < 4 * disks.MIB, "the copy must be sparse again"
    server.stop()
    assert disks.digest(behind) == disks.digest(source)


def test_copy_of_a_file_that_is_not_whole_blocks(serve, cli, tmp_path):
    behind = disks.numbered(tmp_path / "lun.img", 4 * disks.MIB)
    before = behind.read_bytes()
    source = tmp_path / "source"
    source.write_bytes(b"\x77" * (3 * disks.MIB + 100))
    server = serve(behind)
    outcome = cli("copy", "--verify", source, server.url())
    assert outcome.code == 0, str(outcome)
    server.stop()
    assert behind.read_bytes() == source.read_bytes() + before[source.stat().st_size:]


def test_copy_from_lun_to_lun(serve, cli, tmp_path):
    source = disks.numbered(tmp_path / "source.img", 16 * disks.MIB)
    one, other = serve(source), serve("--create", "16MiB", tmp_path / "copy.img")
    outcome = cli("copy", "--verify", one.url(), other.url())
    assert outcome.code == 0, str(outcome)
    other.stop()
    assert disks.digest(tmp_path / "copy.img") == disks.digest(source)


def test_progress_only_on_a_terminal(serve, lunway, cli, tmp_path):
    source = disks.numbered(tmp_path / "source.img", 8 * disks.MIB)
    server = serve("--memory", "8MiB")
    piped = cli("copy", source, server.url())
    assert "\r" not in piped.out + piped.err and "\x1b" not in piped.out + piped.err
    assert piped.err == ""
    screen, terminal = pty.openpty()
    done = subprocess.run([lunway, "copy", source, server.url()], stdout=terminal, stderr=terminal, timeout=30,
                          check=True, env=environment({"TERM": "xterm"}))
    os.close(terminal)
    shown = os.read(screen, 65536).decode()
    os.close(screen)
    assert done.returncode == 0 and "100%" in shown and "\r" in shown, shown


def test_demo_in_a_pipe(cli):
    outcome = cli("demo", limit_s=40)
    assert outcome.code == 0, str(outcome)
    for word in ("discover", "Login Request", "CHAP_", "CRC32C", "verified", "Logout"):
        assert word.lower() in outcome.out.lower(), f"'{word}' is missing:\n{outcome.out}"
    assert "\x1b" not in outcome.out


def test_demo_json(cli):
    told = json.loads(cli("demo", "--json", limit_s=40).out)
    assert told["verified"] is True and told["negotiated"]["AuthMethod"] == "CHAP (mutual)"
