# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""CHAP between open-iscsi and a target, in every algorithm that it offers, and what a login negotiates."""

import pytest

from guest.session import Session
from harness import disks

IQN = "iqn.2026-11.io.example:chap"
SECRET, TARGET_SECRET = "a secret of one", "a secret of the target"
AUTH = "node.session.auth"
# As open-iscsi names them: as RFC 7143 and the registry of IANA do.
ALGORITHMS = ["MD5", "SHA1", "SHA256", "SHA3-256"]
REFUSED = 24  # iscsiadm: login failed for authorization


@pytest.fixture(scope="module")
def portal(serve_all, tmp_path_factory):
    """A target that wants CHAP, and proves itself to who asks for it."""
    folder = tmp_path_factory.mktemp("chap")
    for name, secret in (("one", SECRET), ("target", TARGET_SECRET)):
        (folder / name).write_text(secret + "\n")
        (folder / name).chmod(0o600)
    config = folder / "lunway.toml"
    config.write_text(f"""[[portal_group]]
listen = ["127.0.0.1:0"]
[volume.a]
memory = "64MiB"
[discovery]
chap = {{ user = "finder", secret_file = "{folder}/one" }}
[[target]]
name = "{IQN}"
luns = {{ 0 = "a" }}
chap = {{ user = "one", secret_file = "{folder}/one" }}
mutual_chap = {{ user = "target", secret_file = "{folder}/target" }}
[[target]]
name = "{IQN}.sha"
luns = {{ 0 = "a" }}
chap_algorithms = ["SHA-256"]
chap = {{ user = "one", secret_file = "{folder}/one" }}
""")
    return serve_all("--config", config).portal


def chap(secret=SECRET, algorithm="SHA3-256", target_secret=None):
    settings = {f"{AUTH}.authmethod": "CHAP", f"{AUTH}.username": "one", f"{AUTH}.password": secret,
                f"{AUTH}.chap_algs": algorithm}
    if target_secret:
        settings |= {f"{AUTH}.username_in": "target", f"{AUTH}.password_in": target_secret}
    return settings


@pytest.mark.parametrize("settings", [{}, chap(secret="not the secret")], ids=["without", "wrong secret"])
def test_refused(guest, portal, settings):
    with Session(guest, portal, IQN, settings) as session:
        outcome = guest.run(f"{session.node} -l")
        assert outcome.code == REFUSED and "authorization" in outcome.out, str(outcome)


def test_no_algorithm_in_common(guest, portal):
    with Session(guest, portal, f"{IQN}.sha", chap(algorithm="MD5,SHA3-256")) as session:
        assert guest.run(f"timeout 10 {session.node} -l").code != 0
        guest.ok(f"{session.node} -o update -n {AUTH}.chap_algs -v MD5,SHA256\n{session.node} -l")


def test_target_that_proves_the_wrong_secret_is_left(guest, portal):
    with Session(guest, portal, IQN, chap(target_secret="another secret altogether")) as session:
        outcome = guest.run(f"timeout 10 {session.node} -l")
        assert outcome.code != 0, str(outcome)


@pytest.mark.parametrize("mutual", [False, True], ids=["one-way", "mutual"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_algorithm(guest, portal, algorithm, mutual):
    settings = chap(algorithm=algorithm, target_secret=TARGET_SECRET if mutual else None)
    with Session(guest, portal, IQN, settings) as session:
        device = session.login()[0]
        guest.ok(f"dd if={device} of=/dev/null bs=64k count=16 iflag=direct status=none")
        session.logout()


def test_discovery_with_chap(guest, portal):
    """Its settings are those of iscsid.conf, or of a record of their own."""
    auth = "discovery.sendtargets.auth"
    database = f"iscsiadm -m discoverydb -t st -p {portal}"
    seen = guest.ok(f"""{database} -o new >/dev/null
        refused {database} -D >/dev/null 2>&1
        {database} -o update -n {auth}.authmethod -v CHAP
        {database} -o update -n {auth}.username -v finder
        {database} -o update -n {auth}.password -v '{SECRET}'
        {database} -D
        {database} -o delete""")
    assert f"{portal},1 {IQN}" in seen, seen


@pytest.mark.parametrize("digests", [("CRC32C", "CRC32C"), ("None", "CRC32C"), ("CRC32C,None", "None,CRC32C")])
def test_load_with_digests(guest, serve, tmp_path, digests):
    initial_r2t = "No" if digests[0] == "None" else "Yes"
    server = serve(disks.sparse(tmp_path / "disk.img", 64 * disks.MIB))
    settings = {"node.conn[0].iscsi.HeaderDigest": digests[0], "node.conn[0].iscsi.DataDigest": digests[1],
                "node.session.iscsi.InitialR2T": initial_r2t, "node.session.iscsi.ImmediateData": "No"}
    with Session(guest, server.portal, server.iqn, settings) as session:
        device = session.login()[0]
        outcome = guest.run(f"fio --name=v --filename={device} --rw=randwrite --bsrange=512-256k --size=3M --direct=1 "
                            "--ioengine=libaio --iodepth=8 --verify=crc32c --verify_fatal=1")
        assert outcome.code == 0 and "err= 0" in outcome.out, str(outcome)
        said = guest.ok("iscsiadm -m session -P 2")
        for name, offered in zip(("HeaderDigest", "DataDigest"), digests, strict=True):
            assert f"{name}: {offered.split(',')[0]}\n" in said, said
        assert f"InitialR2T: {initial_r2t}" in said, said
