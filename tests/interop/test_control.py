# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""`lunway ctl` and the control socket of a running server."""

import json
import stat

import pytest

from harness import disks
from harness.initiator import Initiator

CAPACITY_CHANGED = 0x2a09


@pytest.fixture
def controlled(serve, cli, tmp_path):
    """A server of one file, and ctl(words...) to talk to it."""
    path = tmp_path / "control"
    server = serve(disks.numbered(tmp_path / "disk.img", disks.MIB), "--control", path)
    return server, lambda *words: cli("ctl", "--control", path, *words), path


def test_what_there_is(controlled):
    server, ctl, path = controlled
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with Initiator(server.port, server.iqn):
        sessions = json.loads(ctl("--json", "sessions").out)["sessions"]
        assert [(one["initiator"], one["target"]) for one in sessions] == [(Initiator.NAME, server.iqn)]
        assert json.loads(ctl("--json", "status").out)["sessions"] == 1
        assert Initiator.NAME in ctl("sessions").out
    luns = json.loads(ctl("--json", "luns").out)["luns"]
    assert [(one["lun"], one["volume"], one["bytes"], one["state"]) for one in luns] == [(0, "lun0", disks.MIB, "good")]
    assert json.loads(ctl("--json", "targets").out)["targets"][0]["target"] == server.iqn


def test_a_target_without_luns_is_there_too(serve, cli, tmp_path, free_port):
    config = tmp_path / "lunway.toml"
    config.write_text(f"""
[[portal_group]]
tag = 1
listen = ["127.0.0.1:{free_port}"]
[volume.a]
memory = "1MiB"
[[target]]
name = "iqn.2026-11.io.example:moved"
portal_groups = [1]
initiators = ["*"]
redirect = {{ to = "192.0.2.1" }}
[[target]]
name = "iqn.2026-11.io.example:here"
portal_groups = [1]
luns = {{ 0 = "a" }}
initiators = ["*"]
""")
    control = tmp_path / "control"
    serve("--config", config, "--control", control)
    answer = cli("ctl", "--control", control, "--json", "targets").out
    assert [(one["target"], one["luns"]) for one in json.loads(answer)["targets"]] == [
        ("iqn.2026-11.io.example:moved", 0), ("iqn.2026-11.io.example:here", 1)]
    assert json.loads(cli("ctl", "--control", control, "--json", "status").out)["targets"] == 2


def test_resize(controlled, tmp_path):
    server, ctl, _ = controlled
    with Initiator(server.port, server.iqn) as initiator:
        initiator.settle()
        assert ctl("resize", "lun0", "2MiB").code == 0
        assert initiator.settle() == [CAPACITY_CHANGED]
        assert initiator.blocks(0) == 2 * disks.MIB // 512
        outcome = ctl("resize", "lun0", "1MiB")
        assert outcome.code == 1 and "it is not cut" in outcome.err
    assert (tmp_path / "disk.img").stat().st_size == 2 * disks.MIB


def test_drop(controlled):
    server, ctl, _ = controlled
    with Initiator(server.port, server.iqn) as initiator:
        initiator.settle()
        number = json.loads(ctl("--json", "sessions").out)["sessions"][0]["session"]
        assert ctl("drop", number).code == 0
        with pytest.raises(ConnectionError):
            initiator.settle()
    outcome = ctl("drop", number)
    assert outcome.code == 1 and "there is no session" in outcome.err


def test_reload_says_what_is_wrong(controlled):
    _, ctl, _ = controlled
    outcome = ctl("reload")
    assert outcome.code == 1 and "started without one" in outcome.err


def test_drain(controlled):
    server, ctl, path = controlled
    assert ctl("drain").code == 0
    assert server.process.wait(20) == 0
    server.stopped = True
    assert not path.exists()


def test_wrong_requests(controlled, cli):
    _, ctl, path = controlled
    for words in (["explode"], ["drop"], ["drop", "x"], ["resize", "lun0"], ["status", "now"]):
        assert ctl(*words).code == 1, words
    assert cli("ctl", "status").code == 2
    assert cli("ctl", "--control", f"{path}.not", "status").code == 1
