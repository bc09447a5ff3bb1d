# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Our initiator with several connections in a session: how many there are, where they go, and that data survives."""

import json

import pytest

from harness import disks

CONFIG = """
[server]
shards = 2

[[portal_group]]
tag = 1
listen = ["127.0.0.1:0", "127.0.0.2:0"]

[volume.disk]
memory = "32MiB"

[[target]]
name = "iqn.2026-11.io.example:disk"
luns = {{ 0 = "disk" }}
max_connections = {most}
"""


@pytest.fixture
def target(serve, tmp_path):
    def start(most):
        config = tmp_path / "config.toml"
        config.write_text(CONFIG.format(most=most))
        return serve("--config", config)
    return start


def connections(cli, url):
    outcome = cli("info", "--json", url)
    assert outcome.code == 0, str(outcome)
    return json.loads(outcome.out)["connections"]


def test_the_connections_go_to_all_portals_of_the_group(target, cli):
    server = target(8)
    found = connections(cli, server.url(connections=4))
    assert len({one["cid"] for one in found}) == 4
    assert len({one["portal"] for one in found}) == 2
    told = cli("info", server.url(connections=4)).out
    assert "connections" in told and "CID 3 to" in told


@pytest.mark.parametrize("most,wanted,granted", [(1, 4, 1), (2, 4, 2), (8, 1, 1)])
def test_no_more_than_the_target_grants(target, cli, most, wanted, granted):
    assert len(connections(cli, target(most).url(connections=wanted))) == granted


@pytest.mark.parametrize("digest", ["none", "crc32c"])
def test_data_survives(target, cli, digest):
    url = target(4).url(connections=4, header_digest=digest, data_digest=digest)
    outcome = cli("bench", "--json", "--time", "2", "--rw", "randrw", "--verify", "--size", "16MiB", "--bs", "16KiB",
                  "--depth", "16", "--aborts", "20", "--reset-every", "2000", url)
    assert outcome.code == 0, str(outcome)
    result = json.loads(outcome.out)
    assert result["verified"] and result["reads_verified"] > 100
    assert result["aborted"] > 0 and result["resets"] > 0


def test_a_copy_is_what_was_written(target, cli, tmp_path):
    source = disks.numbered(tmp_path / "source.img", 16 * disks.MIB)
    outcome = cli("copy", "--verify", source, target(4).url(connections=4))
    assert outcome.code == 0, str(outcome)
    assert "logged out" not in outcome.err, outcome.err


def test_tgt_grants_one_and_one_does(tgtd, cli, tmp_path):
    url = tgtd.add_lun(disks.numbered(tmp_path / "tgt.img", 8 * disks.MIB))
    found = connections(cli, url + "?connections=4")
    assert len(found) >= 1
    outcome = cli("copy", "--verify", url + "?connections=4", tmp_path / "copy.img")
    assert outcome.code == 0, str(outcome)
    assert (tmp_path / "copy.img").read_bytes() == (tmp_path / "tgt.img").read_bytes()
