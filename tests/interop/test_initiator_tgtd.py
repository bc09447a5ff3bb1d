# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Our initiator against tgt, a target that was written without us."""

import json

import pytest

from harness import disks


@pytest.fixture
def lun(tgtd, tmp_path):
    """The URL of a LUN of 32 MiB and the file behind it."""
    path = disks.numbered(tmp_path / "tgt.img", 32 * disks.MIB)
    return tgtd.add_lun(path), path


def test_discover(tgtd, lun, cli, capture):
    capture(tgtd.port)
    outcome = cli("discover", tgtd.portal)
    assert outcome.code == 0, str(outcome)
    assert outcome.out == f"{tgtd.portal},1 {tgtd.IQN}\n"


def test_discover_json(tgtd, lun, cli):
    found = json.loads(cli("discover", "--json", tgtd.portal).out)
    assert found == {"targets": [{"name": tgtd.IQN, "portals": [{"address": tgtd.portal, "group_tag": 1}]}]}


def test_info(tgtd, lun, cli, capture):
    capture(tgtd.port)
    outcome = cli("info", "--json", lun[0])
    assert outcome.code == 0, str(outcome)
    told = json.loads(outcome.out)
    assert told["capacity"]["bytes"] == 32 * disks.MIB
    assert told["inquiry"]["vendor"] == "IET"
    assert told["negotiated"]["ErrorRecoveryLevel"] == 0
    assert "83" in told["vpd"]
    assert "IET" in cli("info", lun[0]).out


def test_read_is_what_the_file_holds(tgtd, lun, cli, capture, tmp_path):
    capture(tgtd.port)
    url, path = lun
    part = tmp_path / "part"
    outcome = cli("read", url, "--offset", "5KiB", "--length", "100000", "-o", part)
    assert outcome.code == 0, str(outcome)
    assert part.read_bytes() == path.read_bytes()[5120:105120]


def test_write_lands_where_it_should(tgtd, lun, cli, capture, tmp_path):
    capture(tgtd.port)
    url, path = lun
    before = path.read_bytes()
    news = disks.numbered(tmp_path / "news", disks.MIB, seed=9).read_bytes()
    outcome = cli("write", url, "--offset", "3MiB", stdin=news)
    assert outcome.code == 0, str(outcome)
    tgtd.stop()
    assert path.read_bytes() == before[:3 << 20] + news + before[4 << 20:]


@pytest.mark.parametrize("keys", ["", "?header_digest=crc32c&data_digest=crc32c"], ids=["plain", "digests"])
def test_copy_there_and_back(tgtd, lun, cli, tmp_path, keys):
    if keys:
        tgtd.allow_digests()
    url, path = lun[0] + keys, lun[1]
    source = disks.numbered(tmp_path / "source.img", 32 * disks.MIB, seed=4)
    back = tmp_path / "back.img"
    for arguments in ((source, url), (url, back)):
        outcome = cli("copy", "--verify", *arguments, limit_s=60)
        assert outcome.code == 0, str(outcome)
    assert disks.digest(back) == disks.digest(source)
    tgtd.stop()
    assert disks.digest(path) == disks.digest(source)


def test_ping(tgtd, lun, cli, capture):
    capture(tgtd.port)
    outcome = cli("ping", "--count", "3", "--interval", "0.05", lun[0])
    assert outcome.code == 0, str(outcome)
    assert "3 sent, 3 answered" in outcome.out


def test_chap(tgtd, lun, cli, tmp_path, capture):
    capture(tgtd.port)
    tgtd.require_chap("app", "correct-horse-battery")
    secret, wrong = tmp_path / "secret", tmp_path / "wrong"
    secret.write_text("correct-horse-battery\n")
    wrong.write_text("correct-horse-batterx\n")
    url = lun[0].replace("iscsi://", "iscsi://app@")
    # tgt 1.0.85 takes the number 7, which is SHA-256 at IANA, for SHA-1, and then refuses the right response to it.
    md5 = ("--chap-algorithms", "MD5")
    assert cli("info", url, *md5, env={"LUNWAY_CHAP_SECRET_FILE": str(secret)}).code == 0
    assert cli("info", url, *md5, "--chap-secret-file", secret).code == 0
    refused = cli("info", url, *md5, "--chap-secret-file", wrong)
    assert refused.code == 1
    assert "0x0201" in refused.err, refused.err
