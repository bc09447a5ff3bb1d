# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Registration with Open-iSNS's server (RFC 4171): targets appear, come back and disappear."""

import re
import socket
import subprocess
import time

import pytest
from harness import rogue
from harness.capture import Capture
from harness.process import environment, run_ok

ONE, TWO = "iqn.2026-11.io.example:one", "iqn.2026-11.io.example:two"


class NameServer:
    """An isnsd of one's own: on a loopback port, its database in memory, its files in `folder`."""

    def __init__(self, peers, folder):
        self.isnsd, self.isnsadm = peers.find("isnsd"), peers.find("isnsadm")
        self.port, self.folder, self.process = rogue.free_port(), folder, None
        self.address = f"127.0.0.1:{self.port}"
        (folder / "isnsd.conf").write_text(
            f"HostName = localhost\nSourceName = iqn.2026-11.io.example:isnsd\nBindAddress = {self.address}\n"
            f"PIDFile = {folder}/isnsd.pid\nControlSocket = {folder}/isnsctl\n"
            "DefaultDiscoveryDomain = 1\nSecurity = 0\nSLPRegister = 0\n")
        (folder / "isnsadm.conf").write_text(
            f"HostName = localhost\nSourceName = iqn.2026-11.io.example:adm\nServerAddress = {self.address}\n"
            "Security = 0\n")

    def start(self):
        with open(self.folder / "isnsd.log", "ab") as log:
            self.process = subprocess.Popen([self.isnsd, "-f", "-4", "-c", str(self.folder / "isnsd.conf")],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment())
        deadline = time.monotonic() + 10
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionError:
                assert self.process.poll() is None and time.monotonic() < deadline, "isnsd does not listen"
                time.sleep(0.05)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)

    def objects(self, kind):
        """Each object as {"iSCSI name": "iqn...", ...}, with the values as isnsadm prints them."""
        out = run_ok(self.isnsadm, "-c", self.folder / "isnsadm.conf", "--list", kind).out
        found = []
        for line in out.splitlines():
            if line.startswith("Object"):
                found.append({})
            elif match := re.match(r"\s+[0-9a-f]{4}\s+\w+\s*: (.+?) = (.*)", line):
                found[-1][match.group(1)] = match.group(2).strip('"')
        return found

    def wait_for(self, kind, count, limit_s=15):
        deadline = time.monotonic() + limit_s
        while len(found := self.objects(kind)) != count:
            assert time.monotonic() < deadline, f"{kind}: {found} after {limit_s} s, not {count}"
            time.sleep(0.2)
        return found


@pytest.fixture
def name_server(peers, tmp_path):
    folder = tmp_path / "isns"
    folder.mkdir()
    server = NameServer(peers, folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def registered(serve, name_server, tmp_path):
    """A server of two targets in two portal groups that registers with the name server."""
    config = tmp_path / "lunway.toml"
    config.write_text(f"""
[[portal_group]]
tag = 1
listen = ["127.0.0.1:0"]

[[portal_group]]
tag = 7
listen = ["127.0.0.1:0"]

[volume.disk]
memory = "4MiB"

[[target]]
name = "{ONE}"
alias = "the first"
portal_groups = [1]
luns = {{ 0 = "disk" }}

[[target]]
name = "{TWO}"
portal_groups = [7]
luns = {{ 0 = "disk" }}

[isns]
server = "{name_server.address}"
""")
    return serve("--config", config, luns=2)


def portal_groups(server, name_server):
    """{target: (port, tag)} as the name server has it; as lunway printed it, the ports are the same."""
    groups = {group["Portal group name"]: (group["Portal group port"].removesuffix("/tcp"), group["Portal group tag"])
              for group in name_server.wait_for("portal-groups", 2)}
    ports = {url.split("/")[3]: url.split("/")[2].rsplit(":", 1)[1] for url in server.urls}
    assert {name: port for name, (port, _) in groups.items()} == ports
    return {name: tag for name, (_, tag) in groups.items()}


def test_targets_portals_and_tags_appear_and_disappear(registered, name_server):
    nodes = name_server.wait_for("nodes", 2)
    assert [node["iSCSI name"] for node in nodes] == [ONE, TWO]
    assert all(node["iSCSI node type"] == "Target" for node in nodes)
    assert nodes[0]["iSCSI alias"] == "the first"
    assert [entity["Entity identifier"] for entity in name_server.objects("entities")] == [ONE]
    assert all(portal["Portal IP address"] == "127.0.0.1" for portal in name_server.wait_for("portals", 2))
    assert portal_groups(registered, name_server) == {ONE: "1", TWO: "7"}, "and no pair that was not said"
    registered.stop()
    for kind in ("entities", "nodes", "portals", "portal-groups"):
        assert name_server.objects(kind) == []


def test_registration_comes_back_after_the_name_server(registered, name_server):
    name_server.wait_for("nodes", 2)
    name_server.stop()
    time.sleep(0.5)
    name_server.start()
    name_server.wait_for("nodes", 2, limit_s=30)
    assert portal_groups(registered, name_server) == {ONE: "1", TWO: "7"}


def test_the_end_does_not_wait_for_a_name_server_that_is_away(registered, name_server):
    name_server.wait_for("nodes", 2)
    name_server.stop()
    registered.stop(limit_s=10)


def test_wireshark_reads_the_exchange(peers, registered, name_server, tmp_path):
    recording = Capture(peers, name_server.port, tmp_path)
    try:
        name_server.stop()
        name_server.start()
        name_server.wait_for("nodes", 2, limit_s=30)
        registered.stop()
    finally:
        recording.stop()

    def packets(display_filter, field):
        return run_ok(recording.tshark, "-n", "-r", recording.path, "-d", f"tcp.port=={name_server.port},isns",
                      "-Y", display_filter, "-T", "fields", "-e", field, limit_s=60).out.split()

    assert packets("_ws.malformed || (isns && _ws.expert.severity == error)", "frame.number") == []
    seen = {int(one, 0) for line in packets("isns", "isns.functionid") for one in line.split(",")}
    assert {0x0001, 0x8001, 0x0002, 0x8002, 0x0004, 0x8004} <= seen, "DevAttrReg, DevAttrQry, DevDereg and answers"
