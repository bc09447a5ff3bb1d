# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Beyond 2 TiB a block's address needs more than 32 bits."""

import json
import re

from harness import disks
from harness.process import run_ok

TIB = 1 << 40
SIZE = 5 * TIB


def test_both_ends_are_readable_and_writable(serve, cli, peers, capture, tmp_path):
    path = tmp_path / "large.img"
    server = serve("--create", "5TiB", path)
    capture(server.port)
    answer = run_ok(peers.find("iscsi-readcapacity16"), server.url()).out
    assert re.search(rf"RETURNED LOGICAL BLOCK ADDRESS:\s*{SIZE // 512 - 1}\b", answer), answer
    commands = []
    for verb in ("write", "read"):
        for offset, byte in ((SIZE - 65536, 9), (2 * TIB, 8), (0, 7)):
            commands += ["-c", f"{verb} -P {byte} {offset} 64k"]
    outcome = run_ok(peers.find("qemu-io"), "-f", "raw", *commands, server.url())
    assert "verification failed" not in outcome.out, str(outcome)
    assert json.loads(cli("info", "--json", server.url()).out)["capacity"]["bytes"] == SIZE
    end = tmp_path / "end"
    assert cli("read", server.url(), "--offset", str(SIZE - 4096), "-o", end).code == 0
    assert end.read_bytes() == b"\x09" * 4096
    server.stop()
    assert path.stat().st_blocks * 512 < 8 * disks.MIB, "the rest must stay a hole"
    with open(path, "rb") as file:
        file.seek(2 * TIB)
        assert file.read(4096) == b"\x08" * 4096
