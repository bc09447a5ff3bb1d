# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Two paths to a disk, of which one rests: what libiscsi is told through each."""

from harness.process import run, run_ok

CONFIGURATION = """
[[portal_group]]
tag = 1
listen = ["127.0.0.1:0"]
[[portal_group]]
tag = 2
listen = ["127.0.0.1:0"]
[volume.disk]
memory = "1MiB"
[[target]]
name = "iqn.2026-11.io.lunway:paths"
luns = {{ 0 = "disk" }}
{alua}
"""


def serve_paths(serve, tmp_path, alua):
    path = tmp_path / "paths.toml"
    path.write_text(CONFIGURATION.format(alua=alua))
    return serve("--config", path, luns=2).urls


def tpgs(peers, url):
    told = run_ok(peers.find("iscsi-inq"), url).out
    return next(line for line in told.splitlines() if "TPGS" in line)


def test_a_path_in_standby_is_not_ready(serve, peers, tmp_path):
    urls = serve_paths(serve, tmp_path, 'alua = { states = { 1 = "optimized", 2 = "standby" } }')
    assert tpgs(peers, urls[0]) == "TPGS:1", "implicit"
    run_ok(peers.find("iscsi-readcapacity16"), urls[0])
    # libiscsi begins with TEST UNIT READY.
    outcome = run(peers.find("iscsi-readcapacity16"), urls[1])
    assert outcome.code != 0 and "NOT READY" in outcome.err and "0x040b" in outcome.err, str(outcome)


def test_without_alua_all_paths_are_alike(serve, peers, tmp_path):
    for url in serve_paths(serve, tmp_path, ""):
        assert tpgs(peers, url) == "TPGS:0"
        run_ok(peers.find("iscsi-readcapacity16"), url)
