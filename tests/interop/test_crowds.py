# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Many connections that never log in keep nobody out and cost little."""

import os
import resource
import socket
import time

import pytest

from harness.process import run_ok

LOGINS = 1024  # ServerContext::max_logins


@pytest.fixture(params=[3000, 10000])
def silent_count(request):
    """How many connections to open, with enough descriptors for them."""
    count = request.param
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 200:
        pytest.skip(f"the hard limit on descriptors is {hard}; this test needs {count + 200}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield count
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def is_closed(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def open_within(connections, limit, seconds):
    """How many are open once there are no more than `limit`, or after that time; logins time out after 15 s only."""
    deadline = time.monotonic() + seconds
    while True:
        still_open = sum(not is_closed(connection) for connection in connections)
        if still_open <= limit or time.monotonic() > deadline:
            return still_open
        time.sleep(0.1)


def test_silent_connections_keep_nobody_out(serve, peers, silent_count):
    # AddressSanitizer keeps freed memory back, which is no memory of the server's.
    options = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    server = serve("--memory", "1MiB", env={"ASAN_OPTIONS": options.lstrip(":")})
    iscsi_ls = peers.find("iscsi-ls")
    host, port = server.portal.rsplit(":", 1)
    run_ok(iscsi_ls, f"iscsi://{server.portal}")
    before = resident_bytes(server.process.pid)
    silent = []
    try:
        for number in range(silent_count):
            if number % 1000 == 999:
                run_ok(iscsi_ls, f"iscsi://{server.portal}", limit_s=10)
            silent.append(socket.create_connection((host, int(port)), timeout=10))
        run_ok(iscsi_ls, f"iscsi://{server.portal}", limit_s=10)
        assert 0 < open_within(silent, LOGINS, 8) <= LOGINS
        assert resident_bytes(server.process.pid) - before < 256 << 20
    finally:
        for connection in silent:
            connection.close()
    run_ok(iscsi_ls, f"iscsi://{server.portal}", limit_s=10)
