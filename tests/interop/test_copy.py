# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Copies between two LUNs of a live server, ordered by libiscsi: EXTENDED COPY, and tokens as Windows uses them.

What was copied QEMU reads back, through a session of its own. Every copy that is to be ended on its way is so long that
it is certainly under way: the target says how far it has come.
"""

import signal
import struct

import pytest

from harness import disks
from harness.libiscsi import CANCELLED, CHECK_CONDITION, Session
from harness.process import run_ok

SIZE = 16 * disks.MIB
COPY_ABORTED = 0x0A
ILLEGAL_REQUEST = 0x05
POPULATE, WRITE_USING_TOKEN, COPY_OPERATION_ABORT = 0x10, 0x11, 0x1C
COPY_STATUS, TOKEN_INFORMATION = 0x05, 0x07
DONE, FAILED, PARTIAL, IN_PROGRESS, TERMINATED = 0x01, 0x02, 0x03, 0x11, 0x60
FUNCTION_COMPLETE = 0
ZERO_TOKEN = struct.pack(">IHH", 0xFFFF0001, 0, 0x01F8) + bytes(504)


# ---------------------------------------------------------------------------------------------------- commands as bytes

def designator(session, lun):
    """The NAA designator of a LUN, out of page 83h."""
    page = session.good(lun, bytes([0x12, 1, 0x83, 2, 0, 0]), expect=512)
    at = 4
    while at < len(page):
        if page[at + 1] & 0x3F == 3:
            return page[at + 4:at + 4 + page[at + 3]]
        at += 4 + page[at + 3]
    raise AssertionError("the LUN has no NAA designator")


def extended_copy(units, segments, identifier=1):
    """CDB and list. `segments` are (from, to, source LBA, destination LBA, blocks), by the index of the unit."""
    cscds = b"".join(struct.pack(">BBHBBBB", 0xE4, 0, 0, 1, 3, 0, len(name)) + name.ljust(20, b"\0") +
                     struct.pack(">BBH", 0, 0, 512) for name in units)
    blocks = b"".join(struct.pack(">BBHHHHHQQ", 2, 0, 24, source, to, 0, count, source_lba, to_lba)
                      for source, to, source_lba, to_lba, count in segments)
    data = struct.pack(">BBHIII", identifier, 0, len(cscds), 0, len(blocks), 0) + cscds + blocks
    return struct.pack(">BB8xIBB", 0x83, 0, len(data), 0, 0), data


def ranges_of(ranges):
    return b"".join(struct.pack(">QII", lba, count, 0) for lba, count in ranges)


def token_command(action, identifier, data):
    return struct.pack(">BB4xIIBB", 0x83, action, identifier, len(data), 0, 0), data


def populate(ranges, identifier=1):
    body = struct.pack(">BBIIHH", 0, 0, 0, 0, 0, 16 * len(ranges)) + ranges_of(ranges)
    return token_command(POPULATE, identifier, struct.pack(">H", len(body)) + body)


def write_using_token(token, ranges, offset=0, identifier=2):
    body = bytes(6) + struct.pack(">Q", offset) + token + bytes(6) + struct.pack(">H", 16 * len(ranges))
    body += ranges_of(ranges)
    return token_command(WRITE_USING_TOKEN, identifier, struct.pack(">H", len(body)) + body)


class Status:
    """The header that RECEIVE COPY STATUS(LID4) and RECEIVE ROD TOKEN INFORMATION share."""

    def __init__(self, data):
        self.action, self.state = data[4] & 0x1F, data[5]
        self.count = int.from_bytes(data[16:24], "big")
        rest = data[32 + data[13]:]
        self.token = rest[6:518] if len(rest) > 4 else b""


def ask(session, lun, identifier, action=TOKEN_INFORMATION):
    cdb = struct.pack(">BBI4xIBB", 0x84, action, identifier, 1024, 0, 0)
    return Status(session.good(lun, cdb, expect=1024))


def token_of(session, lun, ranges):
    session.good(lun, *populate(ranges))
    return ask(session, lun, 1).token


# ------------------------------------------------------------------------------------------------------------ two LUNs

@pytest.fixture
def pair(serve, peers, tmp_path):
    """A server with two LUNs whose blocks all differ, and what is in the images."""
    images = [disks.numbered(tmp_path / f"{name}.img", SIZE, seed) for seed, name in ((1, "one"), (2, "other"))]
    server = serve(*images, luns=2)
    server.contents = [bytearray(image.read_bytes()) for image in images]
    return server


def move(contents, source, to, blocks):
    """What a copy does, in the contents as they should be: (LUN, LBA) to (LUN, LBA)."""
    part = contents[source[0]][source[1] * 512:(source[1] + blocks) * 512]
    contents[to[0]][to[1] * 512:(to[1] + blocks) * 512] = part


def assert_contents(peers, server, tmp_path):
    for lun, expected in enumerate(server.contents):
        path = tmp_path / f"back-{lun}.img"
        run_ok(peers.find("qemu-img"), "convert", "-f", "raw", "-O", "raw", server.url(lun), path, limit_s=60)
        assert path.read_bytes() == expected, f"LUN {lun}"


def test_extended_copy_moves_blocks_both_ways(pair, peers, tmp_path):
    with Session(peers, pair) as session:
        units = [designator(session, lun) for lun in (0, 1)]
        session.good(0, *extended_copy(units, [(0, 1, 100, 7, 3000), (1, 0, 20000, 9, 1), (0, 0, 0, 300, 700)]))
        status = ask(session, 0, 1, COPY_STATUS)
        assert (status.state, status.count) == (DONE, (3000 + 1 + 700) * 512)
    move(pair.contents, (0, 100), (1, 7), 3000)
    move(pair.contents, (1, 20000), (0, 9), 1)
    move(pair.contents, (0, 0), (0, 300), 700)
    assert_contents(peers, pair, tmp_path)


def test_tokens_gather_and_scatter(pair, peers, tmp_path):
    with Session(peers, pair) as session:
        token = token_of(session, 0, [(4096, 2000), (17, 1), (30000, 999)])
        assert len(token) == 512 and token[:4] == bytes.fromhex("00800001")
        # The data from block 1999 of the token on: 4096+1999, 17, 30000 ...
        session.good(1, *write_using_token(token, [(11, 2), (25000, 900)], offset=1999))
        status = ask(session, 1, 2)
        assert (status.action, status.state, status.count, status.token) == (WRITE_USING_TOKEN, DONE, 902, b"")
        move(pair.contents, (0, 4096 + 1999), (1, 11), 1)
        move(pair.contents, (0, 17), (1, 12), 1)
        move(pair.contents, (0, 30000), (1, 25000), 900)

        session.good(1, *write_using_token(ZERO_TOKEN, [(100, 3000), (5, 1)]))
        for lba, count in ((100, 3000), (5, 1)):
            pair.contents[1][lba * 512:(lba + count) * 512] = bytes(count * 512)

        session.good(1, *write_using_token(token, [(31000, 1000)], offset=2500))
        status = ask(session, 1, 2)
        assert (status.state, status.count) == (PARTIAL, 500)
        move(pair.contents, (0, 30000 + 499), (1, 31000), 500)
    assert_contents(peers, pair, tmp_path)


def test_a_token_is_of_use_to_another_initiator(pair, peers, tmp_path):
    with Session(peers, pair) as one, Session(peers, pair, name="iqn.2026-11.io.example:another") as other:
        token = token_of(one, 0, [(8, 64)])
        other.good(1, *write_using_token(token, [(1000, 64)]))
    move(pair.contents, (0, 8), (1, 1000), 64)
    assert_contents(peers, pair, tmp_path)


def test_a_write_of_qemu_ends_a_token(pair, peers, tmp_path):
    with Session(peers, pair) as session:
        touched, other = token_of(session, 0, [(0, 8), (128, 128)]), token_of(session, 0, [(256, 8)])
        run_ok(peers.find("qemu-io"), "-f", "raw", "-c", "write -P 0x5a 64k 4k", pair.url(0), limit_s=30)
        pair.contents[0][65536:65536 + 4096] = b"\x5a" * 4096
        refused = session.run(1, *write_using_token(touched, [(0, 8)]))
        assert (refused.status, refused.key, refused.asc) == (CHECK_CONDITION, ILLEGAL_REQUEST, 0x2308)
        session.good(1, *write_using_token(other, [(0, 8)]))
        move(pair.contents, (0, 256), (1, 0), 8)
        guessed = session.run(1, *write_using_token(other[:-1] + bytes([other[-1] ^ 1]), [(0, 8)]))
        assert guessed.asc == 0x2305
    assert_contents(peers, pair, tmp_path)


def test_what_it_says_of_itself(pair, peers, tmp_path):
    """Page 8Fh and REPORT SUPPORTED OPERATION CODES, taken apart by sg3_utils."""
    with Session(peers, pair) as session:
        page = session.good(0, bytes([0x12, 1, 0x8F, 4, 0, 0]), expect=1024)
        codes = session.good(0, struct.pack(">BBBBHIBB", 0xA3, 0x0C, 0, 0, 0, 16384, 0, 0), expect=16384)
    path = tmp_path / "page.hex"
    path.write_text(page.hex(" "))
    told = run_ok(peers.find("sg_vpd"), f"--inhex={path}", "--page=tpc", limit_s=20).out
    for line in ("Maximum Range Descriptors: 64", "Maximum Inactivity Timeout: 600 seconds",
                 "Maximum Token Transfer Size: 524288", "Optimal Transfer Count: 131072", "Populate token",
                 "Write using token", "Receive rod token information", "Copy operation abort",
                 "Remote Tokens: 0", "Maximum Bytes in block ROD: 268435456"):
        assert line.lower() in told.lower(), told
    listed = {(codes[at], int.from_bytes(codes[at + 2:at + 4], "big")) for at in range(4, len(codes), 8)}
    assert {(0x83, 0x10), (0x83, 0x11), (0x83, 0x1C), (0x84, 0x05), (0x84, 0x07)} <= listed


# ------------------------------------------------------------------------------------- copies that are ended on the way

LARGE = 256 * disks.MIB


@pytest.fixture
def large(serve, tmp_path):
    return serve(*(disks.sparse(tmp_path / f"{name}.img", LARGE) for name in ("one", "other")), luns=2)


def endless_extended_copy(session, identifier):
    """From LUN 0 to LUN 1, two gigabytes onto the same blocks."""
    units = [designator(session, lun) for lun in (0, 1)]
    return extended_copy(units, [(0, 1, 0, 0, 0xFFFF)] * 64, identifier)


def endless_token_write(session, identifier):
    token = token_of(session, 0, [(0, LARGE // 512)])
    return write_using_token(token, [(0, LARGE // 512)], identifier=identifier)


ENDLESS = pytest.mark.parametrize("endless", [endless_extended_copy, endless_token_write],
                                  ids=["extended copy", "token"])


def begin_on(session, lun, command, identifier):
    """Begins a copy and returns when it has copied something and is not yet done."""
    copy = session.begin(lun, *command)
    while True:
        assert copy.result is None, copy.result
        status = ask(session, lun, identifier, COPY_STATUS)
        if status.count:
            assert status.state == IN_PROGRESS
            return copy


@ENDLESS
def test_abort_task(large, peers, endless):
    with Session(peers, large) as session:
        copy = begin_on(session, 1, endless(session, 5), 5)
        assert session.abort(copy) == FUNCTION_COMPLETE
        status = ask(session, 1, 5, COPY_STATUS)
        assert status.state == TERMINATED
        assert ask(session, 1, 5, COPY_STATUS).count == status.count, "nothing moves any more"


@ENDLESS
def test_copy_operation_abort(large, peers, endless):
    with Session(peers, large) as session:
        copy = begin_on(session, 1, endless(session, 5), 5)
        session.good(1, struct.pack(">BBI10x", 0x83, COPY_OPERATION_ABORT, 5))
        ended = session.end(copy)
        assert (ended.status, ended.key, ended.asc) == (CHECK_CONDITION, COPY_ABORTED, 0x2F02)
        assert ask(session, 1, 5, COPY_STATUS).state == TERMINATED


@ENDLESS
def test_somebody_else_resets_the_source(large, peers, endless):
    with Session(peers, large) as session, Session(peers, large, name="iqn.2026-11.io.example:another") as other:
        copy = begin_on(session, 1, endless(session, 5), 5)
        assert other.reset(0) == FUNCTION_COMPLETE
        ended = session.end(copy)
        assert (ended.status, ended.key, ended.asc) == (CHECK_CONDITION, COPY_ABORTED, 0x0D02)
        status = ask(session, 1, 5, COPY_STATUS)
        assert status.state == FAILED and status.count > 0


@ENDLESS
def test_somebody_else_resets_the_destination(large, peers, endless):
    with Session(peers, large) as session, Session(peers, large, name="iqn.2026-11.io.example:another") as other:
        copy = begin_on(session, 1, endless(session, 5), 5)
        assert other.reset(1) == FUNCTION_COMPLETE
        assert session.is_silent(copy), "a task that another initiator's reset ends is not answered"
        session.forget(copy)
        assert session.settle(1) == [0x2903]
        gone = session.run(1, struct.pack(">BBI4xIBB", 0x84, COPY_STATUS, 5, 1024, 0, 0), expect=1024)
        assert gone.asc == 0x2400, "a reset forgets what became of copies"


@ENDLESS
def test_its_own_session_resets_the_source(large, peers, endless):
    with Session(peers, large) as session:
        copy = begin_on(session, 1, endless(session, 5), 5)
        assert session.reset(0) == FUNCTION_COMPLETE
        assert copy.result.status == CANCELLED, "libiscsi waits for no command any more when it asks for a reset"
        assert ask(session, 1, 5, COPY_STATUS).state == FAILED


@ENDLESS
def test_the_source_goes_away(serve, peers, tmp_path, free_port, endless):
    for name in ("one", "other"):
        disks.sparse(tmp_path / f"{name}.img", LARGE)
    config = tmp_path / "lunway.toml"

    def write(*luns):
        text = f'[server]\nshards = 2\n[[portal_group]]\nlisten = ["127.0.0.1:{free_port}"]\n'
        text += "".join(f'[volume.{name}]\nfile = "{tmp_path}/{name}.img"\n' for _, name in luns)
        text += '[[target]]\nname = "iqn.2026-11.io.example:copies"\nluns = { '
        config.write_text(text + ", ".join(f'{lun} = "{name}"' for lun, name in luns) + " }\n")

    write((0, "one"), (1, "other"))
    server = serve("--config", config, luns=2)
    with Session(peers, server) as session:
        copy = begin_on(session, 1, endless(session, 5), 5)
        write((1, "other"))
        server.process.send_signal(signal.SIGHUP)
        ended = session.end(copy)
        assert (ended.status, ended.key, ended.asc) == (CHECK_CONDITION, COPY_ABORTED, 0x0D02)
        assert session.settle(1) == [0x3F0E]
        assert ask(session, 1, 5, COPY_STATUS).state == FAILED


def test_a_write_in_the_middle_ends_the_token_and_the_copy(large, peers):
    with Session(peers, large) as session:
        copy = begin_on(session, 1, endless_token_write(session, 5), 5)
        session.good(0, struct.pack(">BBIBHB", 0x2A, 0, LARGE // 512 - 1, 0, 1, 0), bytes(512))
        ended = session.end(copy)
        assert (ended.status, ended.key, ended.asc) == (CHECK_CONDITION, COPY_ABORTED, 0x2308)
        status = ask(session, 1, 5)
        assert status.state == FAILED and 0 < status.count < LARGE // 512
