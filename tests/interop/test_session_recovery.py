# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""A target that dies and comes back while our initiator works: session recovery (RFC 7143, sections 6.3.5 and 7.1.4.4).

The server is killed, not asked to end, and started again on the same port with the same state directory.
"""

import subprocess
import threading
import time

import pytest

from harness import disks
from harness.process import environment


@pytest.fixture
def restarted(serve, tmp_path, free_port):
    """restarted() kills the server, if there is one, and starts it (again)."""
    servers = []

    def start(pause_s=0.0, image="disk.img"):
        if servers:
            servers[-1].crash()
            time.sleep(pause_s)
        servers.append(serve("--create", "64MiB", tmp_path / image, "--state", tmp_path / "state",
                             listen=f"127.0.0.1:{free_port}"))
        return servers[-1]
    return start


def begun(lunway, *arguments):
    return subprocess.Popen([str(lunway), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=environment(None), text=True)


def ended(process, limit_s=90):
    out, err = process.communicate(timeout=limit_s)
    return process.returncode, out, err


@pytest.mark.parametrize("connections", [1, 4])
def test_bench_survives_with_its_data(lunway, restarted, connections):
    url = restarted().url(connections=connections)
    run = begun(lunway, "bench", "--verify", "--rw", "randrw", "--bs", "16KiB", "--depth", "8", "--size", "16MiB",
                "--time", "8", url)
    time.sleep(2)
    restarted(pause_s=0.5)
    code, out, err = ended(run)
    assert code == 0, out + err
    assert "session lost" in err and "session is back" in err, err


def test_copy_survives_two_restarts(lunway, restarted, tmp_path):
    source = disks.numbered(tmp_path / "source.img", 64 * disks.MIB)
    url = restarted().url()
    stop = threading.Event()
    run = begun(lunway, "copy", "--verify", "--depth", "2", source, url)
    for _ in range(2):
        stop.wait(0.3)
        restarted()
    code, out, err = ended(run)
    assert code == 0, out + err
    assert "session is back" in err, err


def test_it_does_not_go_on_with_another_disk(lunway, restarted):
    url = restarted().url()
    run = begun(lunway, "bench", "--rw", "randwrite", "--depth", "8", "--time", "8", url)
    time.sleep(2)
    restarted(image="other.img")
    code, out, err = ended(run)
    assert code == 1, out + err
    assert "not known to be the same disk" in err, err


def test_it_gives_up_when_told_to(lunway, restarted):
    server = restarted()
    run = begun(lunway, "bench", "--depth", "8", "--time", "8", server.url(reconnect=3))
    time.sleep(2)
    server.crash()
    code, out, err = ended(run, 20)
    assert code == 1, out + err
    assert "the session was lost and is not back after" in err, err


def test_without_recovery_the_end_is_at_once(lunway, restarted):
    server = restarted()
    run = begun(lunway, "bench", "--depth", "8", "--time", "8", server.url(reconnect=0))
    time.sleep(2)
    server.crash()
    code, out, err = ended(run, 6)
    assert code == 1, out + err
