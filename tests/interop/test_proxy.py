# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""`lunway proxy` between initiators and targets: nothing is changed that no rule says, and rules do what they say."""

import socket
import struct
import threading
import time

import pytest

from harness import disks, rogue
from harness.initiator import GOOD, Initiator
from harness.process import run_ok
from harness.proxy import LunwayProxy

DONE, FAILED, WRONG_CALL = 0, 1, 2
DIGESTS = [("none", "none"), ("crc32c", "none"), ("none", "crc32c"), ("crc32c", "crc32c")]


@pytest.fixture
def proxy(lunway, tmp_path):
    """proxy(port, "--rule", "drop") stands before the target on that port. It must end well when the test does."""
    started = []

    def start(port, *arguments):
        folder = tmp_path / f"proxy-{len(started)}"
        folder.mkdir()
        started.append(LunwayProxy(lunway, port, folder, *arguments))
        return started[-1]

    yield start
    for one in started:
        if not one.stopped:
            one.stop()


@pytest.mark.parametrize("header, data", DIGESTS)
def test_passes_every_byte(serve, proxy, cli, tmp_path, header, data):
    source, back = disks.numbered(tmp_path / "source.img", 4 * disks.MIB), tmp_path / "back.img"
    server = serve("--memory", "4MiB")
    between = proxy(server.port)
    url = between.through(server.url(header_digest=header, data_digest=data))
    assert cli("copy", "--verify", source, url).code == DONE
    assert cli("copy", url, back).code == DONE
    assert disks.digest(back) == disks.digest(source)
    names = {"none": "None", "crc32c": "CRC32C"}
    assert f"full feature phase: HeaderDigest={names[header]}, DataDigest={names[data]}" in between.notes()
    assert between.pdus(pdu="SCSI Data-Out") and between.pdus(pdu="SCSI Data-In")
    assert not between.faults()
    assert between.stop()["faults"] == 0


def test_libiscsi_and_qemu_pass(serve, proxy, peers, tmp_path):
    source = disks.numbered(tmp_path / "source.img", 8 * disks.MIB)
    server = serve("--memory", "8MiB")
    between = proxy(server.port, "--quiet")
    url = between.through(server.url())
    run_ok(peers.find("iscsi-inq"), url)
    run_ok(peers.find("qemu-img"), "convert", "-n", "-f", "raw", "-O", "raw", source, url, limit_s=60)
    run_ok(peers.find("qemu-img"), "compare", "-f", "raw", "-F", "raw", source, url, limit_s=60)
    run_ok(peers.find("qemu-io"), "-f", "raw", "-c", "write -P 9 0 1M", "-c", "read -P 9 0 1M", url)


def test_discovery_leads_back_to_the_proxy(serve, proxy, cli, peers):
    server = serve("--memory", "1MiB")
    between = proxy(server.port)
    assert cli("discover", between.portal).out.split() == [f"{between.portal},1", server.iqn]
    assert between.portal in run_ok(peers.find("iscsi-ls"), f"iscsi://{between.portal}").out
    keeps = proxy(server.port, "--addresses", "keep")
    assert cli("discover", keeps.portal).out.split() == [f"{server.portal},1", server.iqn]


def test_tgt_passes(tgtd, proxy, cli, tmp_path):
    disk = disks.numbered(tmp_path / "tgt.img", 4 * disks.MIB)
    url = tgtd.add_lun(disk)
    tgtd.allow_digests()
    between = proxy(tgtd.port, "--quiet")
    back = tmp_path / "back.img"
    outcome = cli("copy", between.through(url) + "?header_digest=crc32c&data_digest=crc32c", back)
    assert outcome.code == DONE, str(outcome)
    assert disks.digest(back) == disks.digest(disk)
    assert "full feature phase: HeaderDigest=CRC32C, DataDigest=CRC32C" in between.notes()


def test_capture_is_read_by_wireshark(serve, proxy, cli, peers, tmp_path):
    tshark, path = peers.find("tshark"), tmp_path / "seen.pcapng"
    server = serve("--memory", "1MiB")
    between = proxy(server.port, "--pcap", path)
    assert cli("info", between.through(server.url())).code == DONE
    seen = between.pdus()
    assert between.stop()["pdus"] == len(seen)
    fields = run_ok(tshark, "-n", "-r", path, "-Y", "iscsi", "-T", "fields", "-e", "iscsi.opcode").out
    assert len(fields.replace(",", "\n").split()) == len(seen)
    assert run_ok(tshark, "-n", "-r", path, "-Y", "_ws.malformed && !iscsi.opcode == 0x25").out == ""


def test_dropped_command_is_never_answered(serve, proxy):
    server = serve("--memory", "1MiB")
    between = proxy(server.port, "--rule", "drop opcode=scsi-command skip=1 times=1")
    with Initiator(between.port, server.iqn, limit_s=1) as initiator:
        initiator.run(0, [0] * 6)
        tag = initiator.begin(0, [0] * 6)
        with pytest.raises(TimeoutError):
            initiator.end(tag)
    faults = between.faults()
    assert [(fault["pdu"], fault["fault"]) for fault in faults] == [("SCSI Command", "drop")]
    assert faults[0]["itt"] == tag


def test_delay_takes_its_time(serve, proxy):
    server = serve("--memory", "1MiB")
    between = proxy(server.port, "--rule", "delay=300ms opcode=scsi-response")
    with Initiator(between.port, server.iqn) as initiator:
        began = time.monotonic()
        initiator.run(0, [0] * 6)
        assert 0.3 <= time.monotonic() - began < 5
    assert between.faults()[0]["fault"] == "delay 300000 us"


@pytest.mark.parametrize("rule, bytes_left", [("cut", 0), ("cut=20", 20), ("cut=1000", 48)])
def test_cut_passes_so_many_bytes(serve, proxy, rule, bytes_left):
    server = serve("--memory", "1MiB")
    between = proxy(server.port, "--rule", f"{rule} opcode=nop-in")
    with Initiator(between.port, server.iqn) as initiator:
        ping = struct.pack(">BBH", 0x40, 0x80, 0) + bytes(12) + struct.pack(">II", 77, 0xFFFFFFFF)
        initiator._send(ping + struct.pack(">II", initiator.cmd_sn, initiator.exp_stat_sn) + bytes(16))
        got = b""
        while part := initiator.socket.recv(4096):
            got += part
    assert len(got) == bytes_left
    assert between.faults()[0]["fault"] == f"cut after {bytes_left} bytes"
    between.wait_for_end("cut by a rule")


def test_reset_is_one(serve, proxy):
    server = serve("--memory", "1MiB")
    between = proxy(server.port, "--rule", "reset opcode=scsi-command")
    with Initiator(between.port, server.iqn) as initiator, pytest.raises(ConnectionResetError):
        initiator.run(0, [0] * 6)


def test_wrong_data_digest_is_seen_by_the_initiator(serve, proxy, cli, tmp_path):
    """And told apart from a right one: with the digest repaired, the damage arrives as good data."""
    source = disks.numbered(tmp_path / "source.img", 4 * disks.MIB)
    server = serve(source)
    rule = "corrupt=data opcode=data-in byte=7"
    wrong = proxy(server.port, "--rule", rule + " skip=8 times=1")
    back = tmp_path / "back.img"
    outcome = cli("copy", wrong.through(server.url(data_digest="crc32c")), back)
    assert outcome.code == FAILED or disks.digest(back) == disks.digest(source), str(outcome)
    assert len(wrong.faults()) == 1
    repaired = proxy(server.port, "--rule", rule + " repair skip=8 times=1")
    back = tmp_path / "back-2.img"
    assert cli("copy", repaired.through(server.url(data_digest="crc32c")), back).code == DONE
    assert len(repaired.faults()) == 1
    assert disks.digest(back) != disks.digest(source)


def test_wrong_header_digest_ends_no_one(serve, proxy, cli):
    server = serve("--memory", "1MiB")
    between = proxy(server.port, "--rule", "corrupt=header-digest from=initiator skip=2 times=1")
    cli("info", between.through(server.url(header_digest="crc32c")), limit_s=60)
    server.assert_alive()
    assert len(between.faults()) == 1
    assert cli("info", between.through(server.url(header_digest="crc32c"))).code == DONE


def test_duplicate_arrives_twice(serve, proxy):
    server = serve("--memory", "1MiB")
    between = proxy(server.port, "--rule", "duplicate opcode=nop-in")
    with Initiator(between.port, server.iqn) as initiator:
        ping = struct.pack(">BBH", 0x40, 0x80, 0) + bytes(12) + struct.pack(">II", 77, 0xFFFFFFFF)
        initiator._send(ping + struct.pack(">II", initiator.cmd_sn, initiator.exp_stat_sn) + bytes(16))
        assert initiator._receive() == initiator._receive()


def test_rules_from_a_file_and_their_errors(serve, proxy, cli, tmp_path):
    server = serve("--memory", "1MiB")
    path = tmp_path / "faults"
    path.write_text("# slow\ndelay=1ms from=target\n\n")
    between = proxy(server.port, "--rules", path)
    assert cli("ping", between.through(server.url()), "--count", "2", "--interval", "0").code == DONE
    assert between.faults()
    path.write_text("delay=1ms\n\nbreak everything\n")
    outcome = cli("proxy", "127.0.0.1", "--rules", path)
    assert outcome.code == WRONG_CALL and "line 3" in outcome.err and "break" in outcome.err, str(outcome)


@pytest.mark.parametrize("arguments, words", [
    (["127.0.0.1", "--listen", "0.0.0.0:0"], ["0.0.0.0", "--allow-anyone"]),
    (["127.0.0.1", "--rule", "drop every=0"], ["every=0"]),
    (["127.0.0.1", "--cut-every", "soon"], ["soon"]),
    (["127.0.0.1:port"], ["port"]),
    ([], ["TARGET"]),
], ids=lambda value: "-".join(value) if isinstance(value, list) else None)
def test_wrong_calls(cli, arguments, words):
    outcome = cli("proxy", *arguments)
    assert outcome.code == WRONG_CALL and len(outcome.err.splitlines()) == 1, str(outcome)
    assert all(word in outcome.err for word in words), str(outcome)


def test_nobody_behind_it(proxy):
    between = proxy(rogue.free_port())
    with socket.create_connection(("127.0.0.1", between.port), timeout=10) as client:
        try:
            assert client.recv(1) == b""
        except ConnectionResetError:
            pass
    between.wait_for_end("cannot be reached")


class Sink:
    """A peer behind the proxy that is no target: what it does with a connection is a function."""

    def __init__(self, serve_one):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, args=(serve_one,), daemon=True)
        self.thread.start()

    def _serve(self, serve_one):
        peer, _ = self.listener.accept()
        with peer:
            peer.settimeout(20)
            serve_one(peer)
        self.listener.close()


def test_half_closed_connections_go_on(proxy):
    """And what is no iSCSI passes as it is."""
    got = []

    def answer_at_the_end(peer):
        while part := peer.recv(65536):
            got.append(part)
        peer.sendall(b"all of it")

    sink = Sink(answer_at_the_end)
    between = proxy(sink.port)
    with socket.create_connection(("127.0.0.1", between.port), timeout=20) as client:
        client.sendall(b"not a PDU")
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while part := client.recv(100):
            answer += part
    sink.thread.join(10)
    assert (b"".join(got), answer) == (b"not a PDU", b"all of it")


def test_a_peer_that_does_not_read_holds_the_other(proxy):
    """Instead of filling memory: 64 MiB are offered, the kernel's buffers and about 1 MiB are taken."""
    reading = threading.Event()
    counted = []

    def read_late(peer):
        reading.wait(20)
        count = 0
        while part := peer.recv(1 << 20):
            count += len(part)
        counted.append(count)

    sink = Sink(read_late)
    between = proxy(sink.port, "--quiet")
    pdu = bytes([0x05, 0x80, 0, 0, 0]) + (65536).to_bytes(3, "big") + bytes(40) + bytes(65536)
    before, sent, total = between.memory_kib(), 0, 1024 * len(pdu)
    with socket.create_connection(("127.0.0.1", between.port), timeout=1) as client:
        data = memoryview(pdu * 1024)
        try:
            while sent < total:
                sent += client.send(data[sent:])
        except TimeoutError:
            pass
        assert sent < total
        assert between.memory_kib() - before < 32 * 1024
        reading.set()
        client.settimeout(20)
        client.sendall(data[sent:])
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    sink.thread.join(10)
    assert counted == [total]


def test_many_connections(serve, proxy):
    server = serve("--memory", "1MiB")
    between = proxy(server.port, "--quiet")
    initiators = [Initiator(between.port, server.iqn, isid=number + 1) for number in range(100)]
    for initiator in initiators:
        initiator.settle()
    for initiator in initiators:
        assert initiator.run(0, [0] * 6).status == GOOD
        initiator.close()
    assert between.stop()["connections"] == 100


def test_garbage_from_either_side(serve, proxy, cli):
    server = serve("--memory", "1MiB")
    between = proxy(server.port, "--quiet", "--rule", "corrupt=header probability=0.5", "--rule", "reorder=3 every=2")
    for seed in range(20):
        rogue.send_garbage(between.port, seed, size=1 + seed * 997)
    for seed in range(5):
        noise = b"\x23" + bytes([seed]) * 4096
        rude = rogue.HangUp(noise)
        behind = proxy(rude.port)
        assert cli("info", f"iscsi://{behind.portal}/iqn.2026-11.io.example:a/0", limit_s=60).code == FAILED
        rude.stop()


def test_cut_every_so_often(serve, proxy):
    server = serve("--memory", "1MiB")
    between = proxy(server.port, "--cut-every", "300ms")
    began = time.monotonic()
    with Initiator(between.port, server.iqn) as initiator:
        initiator.settle()
        assert initiator.socket.recv(1) == b""
    assert 0.25 < time.monotonic() - began < 5
    between.wait_for_end("cut at its age")
