# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""A copy through a bad network, at each ErrorRecoveryLevel (RFC 7143, section 7.1.5).

Every connection is cut at the age of 200 ms, and one PDU in 500 is damaged. The copy ends well, and is the same bit by
bit.
"""

import pytest

from harness import disks
from harness.proxy import LunwayProxy

CONFIG = """
[[portal_group]]
tag = 1
listen = ["127.0.0.1:0"]

[volume.disk]
file = "{image}"
size = "64MiB"

[[target]]
name = "iqn.2026-11.io.example:disk"
luns = {{ 0 = "disk" }}
max_connections = 4
error_recovery_level = 2
default_time2wait_s = 0
"""


@pytest.fixture
def copy(lunway, serve, cli, tmp_path):
    """copy("--cut-every", "200ms", erl=2) copies 64 MiB through a proxy and returns what the initiator said."""
    def run(*harm, limit_s=120, **keys):
        source = disks.numbered(tmp_path / "source.img", 64 * disks.MIB)
        image, config, folder = tmp_path / "disk.img", tmp_path / "lunway.toml", tmp_path / "proxy"
        config.write_text(CONFIG.format(image=image))
        folder.mkdir()
        server = serve("--config", config)
        between = LunwayProxy(lunway, server.port, folder, "--quiet", *harm)
        try:
            url = between.through(server.url(header_digest="crc32c", data_digest="crc32c", **keys))
            outcome = cli("copy", "--verify", source, url, limit_s=limit_s)
        finally:
            between.stop()
        assert outcome.code == 0, str(outcome)
        assert disks.digest(image) == disks.digest(source)
        return outcome.err
    return run


BAD_NETWORK = ["--cut-every", "200ms", "--rule", "corrupt=data every=500"]


def test_at_level_2_the_session_goes_on(copy):
    said = copy(*BAD_NETWORK, erl=2)
    assert "is back" in said and "session lost" not in said, said


def test_with_several_connections_too(copy):
    said = copy(*BAD_NETWORK, erl=2, connections=4)
    assert "is back" in said and "session lost" not in said, said


@pytest.mark.parametrize("level", [0, 1])
def test_below_it_the_session_comes_back(copy, level):
    said = copy(*BAD_NETWORK, erl=level)
    assert "session lost" in said and "session is back" in said, said


def test_one_damaged_pdu_at_level_0(copy):
    said = copy("--rule", "corrupt=data from=initiator opcode=data-out skip=100 times=1", erl=0)
    assert said.count("session is back") == 1 and "was damaged on its way" in said, said


def test_damage_at_level_1_is_mended_within_the_connection(copy):
    said = copy("--rule", "corrupt=data every=100", erl=1)
    assert "lost" not in said, said
