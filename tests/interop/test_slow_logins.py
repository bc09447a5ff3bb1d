# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Logins that take their time, or have no end: each meets a limit, and nobody else waits for them."""

import time

import pytest

from harness import raw
from harness.process import run_ok
from harness.raw import RawConnection

LOGIN_TIME_S = 15  # ConnectionLimits::login_time
LOGIN_REQUESTS = 64  # ConnectionLimits::login_requests
OUT_OF_RESOURCES = 0x0302
OPERATIONAL = 0x04  # CSG


@pytest.fixture
def server(serve):
    return serve("--memory", "1MiB", "--shards", 1)


def first_text(server):
    return raw.pairs(f"InitiatorName={raw.INITIATOR}", f"TargetName={server.iqn}")


def seconds_until_closed(connection, send_something):
    """Calls `send_something` once a second until the target closes the connection."""
    start = time.monotonic()
    for second in range(1, 3 * LOGIN_TIME_S):
        try:
            send_something()
            while (left := start + second - time.monotonic()) > 0:
                connection.socket.settimeout(left)
                if connection.socket.recv(4096) == b"":
                    return time.monotonic() - start
        except TimeoutError:
            pass
        except ConnectionError:
            break
    return time.monotonic() - start


def assert_login_time(seconds):
    assert LOGIN_TIME_S - 1 <= seconds <= LOGIN_TIME_S + 5


def test_one_byte_a_second(server, peers):
    iscsi_ls = peers.find("iscsi-ls")
    header = iter(bytes([raw.LOGIN | raw.IMMEDIATE, 0x87]) + bytes(46))

    def one_byte():
        slow.socket.sendall(bytes([next(header)]))
        run_ok(iscsi_ls, f"iscsi://{server.portal}", limit_s=5)

    with RawConnection(server) as slow:
        assert_login_time(seconds_until_closed(slow, one_byte))


def test_a_login_that_goes_on_without_getting_anywhere(server):
    with RawConnection(server) as slow:
        slow.send_login(OPERATIONAL, first_text(server))
        slow.expect(raw.LOGIN_RESPONSE)
        assert_login_time(seconds_until_closed(slow, lambda: slow.send_login(OPERATIONAL, b"")))


def test_a_login_that_stops_in_the_middle(server):
    with RawConnection(server) as slow:
        slow.send_login(OPERATIONAL, first_text(server))
        slow.expect(raw.LOGIN_RESPONSE)
        assert_login_time(seconds_until_closed(slow, lambda: None))


@pytest.mark.parametrize("piece", [1, 8000])
def test_a_text_that_is_continued_for_ever(server, piece):
    with RawConnection(server) as endless:
        endless.send_login(raw.CONTINUES | OPERATIONAL, first_text(server) + b"X-endless=")
        answers = 0
        while (answer := endless.receive()) is not None and answer.login_status == raw.SUCCESS:
            answers += 1
            assert answers <= LOGIN_REQUESTS
            endless.send_login(raw.CONTINUES | OPERATIONAL, b"x" * piece)
        assert answer is None or answer.login_status in (OUT_OF_RESOURCES, 0x0200)
        assert endless.is_closed()
