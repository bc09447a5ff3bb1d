# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Several connections in one session, and one that takes the place of another (RFC 7143, sections 6.3.1 to 6.3.6).

With four shards the connections of a session come in on different threads.
"""

import threading
import time

import pytest

from harness import raw
from harness.raw import RawConnection

CONFIG = """
[server]
shards = {shards}

[[portal_group]]
tag = 1
listen = ["127.0.0.1:0"]

[volume.disk]
memory = "4MiB"

[[target]]
name = "iqn.2026-11.io.example:disk"
luns = {{ 0 = "disk" }}
max_connections = {most}
"""

MOST_THAT_WAIT = 64  # on one shard: ServerContext::max_failed_sessions

BLOCKS_GONE = (0x06, 0x47, 0x7F)  # SOME COMMANDS CLEARED BY ISCSI PROTOCOL EVENT


@pytest.fixture(params=[1, 4])
def target(serve, tmp_path, request):
    def start(most):
        config = tmp_path / "config.toml"
        config.write_text(CONFIG.format(shards=request.param, most=most))
        return serve("--config", config)
    return start


def isid(number):
    """Of an initiator port of its own."""
    return bytes([0x80, 0x12, 0x34, 0x56]) + number.to_bytes(2, "big")


def logged_in(server, *keys, cid=0):
    connection = RawConnection(server, cid=cid)
    assert connection.login(*keys) == raw.SUCCESS
    return connection, connection.clear_attentions(1)


def joined(server, leading, cid, cmd_sn):
    connection = RawConnection(server, cid=cid)
    assert connection.login(tsih=leading.tsih, cmd_sn=cmd_sn) == raw.SUCCESS
    assert connection.tsih == leading.tsih
    return connection


def test_a_login_takes_the_place_of_its_connection(target):
    server = target(1)
    old, cmd_sn = logged_in(server)
    old.write_blocks(1, cmd_sn, 0, 16)
    old.expect(raw.R2T)  # the data never comes
    new = joined(server, old, 0, cmd_sn + 1)
    assert old.is_closed()
    new.test_unit_ready(2, cmd_sn + 1)
    assert new.expect(raw.SCSI_RESPONSE).sense == BLOCKS_GONE
    new.read_blocks(3, cmd_sn + 2, 0, 1)
    assert new.expect(raw.DATA_IN).data == bytes(512)


def test_many_times_over(target):
    server = target(1)
    current, cmd_sn = logged_in(server)
    for _ in range(20):
        following = joined(server, current, 0, cmd_sn)
        assert current.is_closed()
        current = following
        cmd_sn = current.clear_attentions(cmd_sn)
    assert current.logout(9, cmd_sn) == 0


def test_the_failures_of_the_login_table(target):
    server = target(1)
    first, _ = logged_in(server)
    with RawConnection(server, cid=1) as second:
        assert second.login(tsih=first.tsih) == raw.TOO_MANY_CONNECTIONS
    with RawConnection(server) as unknown:
        assert unknown.login(tsih=first.tsih ^ 1) == raw.SESSION_DOES_NOT_EXIST
    with RawConnection(server, isid=b"\x80\x12\x34\x56\x00\x02") as other_port:
        assert other_port.login(tsih=first.tsih) == raw.SESSION_DOES_NOT_EXIST
    with RawConnection(server) as other_name:
        assert other_name.login(tsih=first.tsih, name=raw.INITIATOR + "2") == raw.SESSION_DOES_NOT_EXIST
    first.test_unit_ready(1, 100)  # outside the window: silence
    assert first.is_silent()


def test_a_session_waits_for_its_connection_and_not_for_ever(target):
    server = target(1)
    first, cmd_sn = logged_in(server, "DefaultTime2Wait=1", "DefaultTime2Retain=2")
    first.socket.close()
    time.sleep(0.5)
    with joined(server, first, 0, cmd_sn) as second:
        second.test_unit_ready(1, cmd_sn)
        assert second.expect(raw.SCSI_RESPONSE).status == 0
    time.sleep(5)  # DefaultTime2Wait is the greater of both sides' values, and the target's is 2
    with RawConnection(server) as too_late:
        assert too_late.login(tsih=first.tsih) == raw.SESSION_DOES_NOT_EXIST


def test_of_many_that_wait_the_one_that_waits_longest_gives_way(serve, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(shards=1, most=1))
    server = serve("--config", config)
    lost = []
    for number in range(MOST_THAT_WAIT + 1):
        with RawConnection(server, isid=isid(number)) as connection:
            assert connection.login("DefaultTime2Wait=0", "DefaultTime2Retain=60") == raw.SUCCESS
            lost.append(connection.tsih)
    time.sleep(0.5)
    with RawConnection(server, isid=isid(0)) as oldest:
        assert oldest.login(tsih=lost[0]) == raw.SESSION_DOES_NOT_EXIST
    for number in (1, MOST_THAT_WAIT):
        with RawConnection(server, isid=isid(number)) as younger:
            assert younger.login(tsih=lost[number]) == raw.SUCCESS


def test_a_server_stops_while_connections_move_between_shards(serve, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(shards=4, most=16))
    server = serve("--config", config)
    leading = [RawConnection(server, isid=isid(number)) for number in range(8)]
    for connection in leading:
        assert connection.login("MaxConnections=16") == raw.SUCCESS
    stopped = threading.Event()

    def join_again_and_again(session):
        joins = 0
        while not stopped.is_set():
            try:
                with RawConnection(server, isid=session.isid, cid=1 + joins % 8, limit_s=2) as connection:
                    connection.login(tsih=session.tsih)
                    joins += 1
            except (OSError, AssertionError):  # the server is gone, or is about to be
                pass
        joined_by.append(joins)

    joined_by = []
    threads = [threading.Thread(target=join_again_and_again, args=(session,)) for session in leading]
    for thread in threads:
        thread.start()
    time.sleep(1)
    try:
        server.stop()
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
        for connection in leading:
            connection.socket.close()
    assert min(joined_by) > 0


def test_how_long_a_session_waits_is_configured(serve, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(shards=1, most=1) + "default_time2wait_s = 0\ndefault_time2retain_s = 0\n")
    server = serve("--config", config)
    first, _ = logged_in(server, "DefaultTime2Wait=0", "DefaultTime2Retain=20")
    first.socket.close()
    time.sleep(1)
    with RawConnection(server) as too_late:
        assert too_late.login(tsih=first.tsih) == raw.SESSION_DOES_NOT_EXIST


def test_who_logs_in_anew_does_not_wait_for_the_old_session(target):
    server = target(1)
    first, _ = logged_in(server, "DefaultTime2Wait=60", "DefaultTime2Retain=60")
    first.socket.close()
    begin = time.monotonic()
    with RawConnection(server) as second, RawConnection(server) as lost:
        assert second.login() == raw.SUCCESS
        assert time.monotonic() - begin < 2
        assert second.tsih != first.tsih
        assert lost.login(tsih=first.tsih) == raw.SESSION_DOES_NOT_EXIST


def test_commands_of_several_connections_run_in_the_order_of_cmdsn(target):
    server = target(4)
    first, cmd_sn = logged_in(server, "MaxConnections=4")
    second, third = joined(server, first, 1, cmd_sn), joined(server, first, 2, cmd_sn)
    third.read_blocks(3, cmd_sn + 2, 0, 1)
    second.write_blocks(2, cmd_sn + 1, 0, 1, data=b"b" * 512)
    assert second.is_silent() and third.is_silent()
    first.write_blocks(1, cmd_sn, 0, 1, data=b"a" * 512)
    assert first.expect(raw.SCSI_RESPONSE).itt == 1
    assert second.expect(raw.SCSI_RESPONSE).itt == 2
    assert third.expect(raw.DATA_IN).data == b"b" * 512


def test_data_and_status_use_the_connection_of_their_command(target):
    server = target(4)
    first, cmd_sn = logged_in(server, "MaxConnections=4")
    second = joined(server, first, 1, cmd_sn)
    second.write_blocks(1, cmd_sn, 8, 16)
    r2t = second.expect(raw.R2T)
    first.data_out(1, r2t.ttt, b"x" * 8192)
    assert first.expect(raw.REJECT)
    second.data_out(1, r2t.ttt, b"y" * 8192)
    assert second.expect(raw.SCSI_RESPONSE).status == 0
    first.read_blocks(2, cmd_sn + 1, 8, 16)
    assert first.expect(raw.DATA_IN).data == b"y" * 8192


def test_logout_of_one_connection_from_another(target):
    server = target(4)
    first, cmd_sn = logged_in(server, "MaxConnections=4")
    second = joined(server, first, 1, cmd_sn)
    assert first.logout(9, cmd_sn, reason=1, cid=1) == 0
    assert second.is_closed()
    assert first.logout(9, cmd_sn, reason=1, cid=1) == 1, "there is no such connection any more"
    first.test_unit_ready(1, cmd_sn)
    assert first.expect(raw.SCSI_RESPONSE).status == 0
    assert first.logout(9, cmd_sn + 1, reason=1, cid=0) == 0
    assert first.is_closed()
    with RawConnection(server) as gone:
        assert gone.login(tsih=first.tsih) == raw.SESSION_DOES_NOT_EXIST


def test_logout_of_the_session_closes_all_connections(target):
    server = target(4)
    first, cmd_sn = logged_in(server, "MaxConnections=4")
    others = [joined(server, first, cid, cmd_sn) for cid in (1, 2, 3)]
    assert others[1].logout(9, cmd_sn) == 0
    assert first.is_closed() and all(other.is_closed() for other in others)


def test_a_lost_connection_leaves_the_others_and_can_come_back(target):
    server = target(2)
    first, cmd_sn = logged_in(server, "MaxConnections=2")
    second = joined(server, first, 1, cmd_sn)
    second.write_blocks(1, cmd_sn, 0, 16)
    second.expect(raw.R2T)
    second.socket.close()
    time.sleep(0.3)
    first.test_unit_ready(2, cmd_sn + 1)
    assert first.expect(raw.SCSI_RESPONSE).sense == BLOCKS_GONE
    with joined(server, first, 1, cmd_sn + 2) as again:
        again.test_unit_ready(3, cmd_sn + 2)
        assert again.expect(raw.SCSI_RESPONSE).status == 0


def test_sixty_four_connections(target):
    server = target(64)
    first, cmd_sn = logged_in(server, "MaxConnections=64")
    others = [joined(server, first, cid, cmd_sn) for cid in range(1, 64)]
    with RawConnection(server, cid=64) as too_many:
        assert too_many.login(tsih=first.tsih, cmd_sn=cmd_sn) == raw.TOO_MANY_CONNECTIONS
    for number, connection in enumerate(others):
        connection.read_blocks(number, cmd_sn + number, number, 1)
    for number, connection in enumerate(others):
        assert connection.expect(raw.DATA_IN).itt == number
    assert first.logout(9, cmd_sn + 63) == 0
    assert all(other.is_closed() for other in others)
