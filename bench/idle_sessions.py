# SPDX-License-Identifier: Apache-2.0
"""Sessions that do nothing but answer pings: what is left of an initiator when its disk is not used."""

import select
import socket
import struct

HEADER = 48
NOP_IN = 0x20
LOGIN_RESPONSE = 0x23
NO_TAG = 0xFFFFFFFF
FULL_FEATURE = 0x87  # T = 1, from operational negotiation to the Full Feature Phase
# Logins under way at once: fewer than a server takes, many enough to keep it busy.
WAVE = 64
LOGIN_TIME_S = 20


class IdleSessions:
    def __init__(self, address: tuple[str, int], target: str) -> None:
        self._address, self._target = address, target
        self._sockets: dict[int, socket.socket] = {}
        self._poll = select.epoll()

    def __len__(self) -> int:
        return len(self._sockets)

    def open(self, count: int) -> None:
        """So many more. They answer pings only inside answer_pings()."""
        while count > 0:
            wave = [self._send_login() for _ in range(min(count, WAVE))]
            for connection in wave:
                take_login_response(connection)
                self._poll.register(connection.fileno(), select.EPOLLIN)
            count -= len(wave)

    def _send_login(self) -> socket.socket:
        connection = socket.create_connection(self._address, LOGIN_TIME_S)
        self._sockets[connection.fileno()] = connection
        connection.sendall(login_request(self._target, len(self._sockets)))
        return connection

    def answer_pings(self, wait_s: float) -> None:
        """What came meanwhile, after waiting for something to come."""
        for descriptor, _ in self._poll.poll(wait_s):
            header = receive(self._sockets[descriptor], HEADER)
            if header[0] & 0x3F != NOP_IN:
                raise RuntimeError(f"an idle session was sent opcode {header[0] & 0x3F:#04x}")
            receive(self._sockets[descriptor], padded(data_length(header)))
            answer = nop_out(header)
            if answer:
                self._sockets[descriptor].sendall(answer)

    def close(self) -> None:
        for connection in self._sockets.values():
            connection.close()
        self._sockets.clear()
        self._poll.close()


def login_request(target: str, number: int) -> bytes:
    """One PDU to the Full Feature Phase. Each session is another initiator port: ISID of the random kind, 3 bytes."""
    keys = (f"InitiatorName=iqn.2026-11.io.lunway:idle\0TargetName={target}\0").encode()
    header = struct.pack(">BBBB I B3sH HIHH II 16x", 0x43, FULL_FEATURE, 0, 0, len(keys), 0x80,
                         number.to_bytes(3, "big"), 0, 0, 1, 0, 0, 1, 0)
    return header + keys + bytes(-len(keys) % 4)


def take_login_response(connection: socket.socket) -> None:
    header = receive(connection, HEADER)
    receive(connection, padded(data_length(header)))
    opcode, flags, status = header[0], header[1], header[36]
    if opcode != LOGIN_RESPONSE or flags != FULL_FEATURE or status != 0:
        raise RuntimeError(f"a login was answered with opcode {opcode:#04x}, flags {flags:#04x}, status {status}")


def nop_out(nop_in: bytes) -> bytes | None:
    """The answer to a ping; None where none is asked for."""
    lun, _, tag, stat_sn, exp_cmd_sn = struct.unpack(">8sIIII", nop_in[8:32])
    if tag == NO_TAG:
        return None
    return struct.pack(">BBBB I 8s II II 16x", 0x40, 0x80, 0, 0, 0, lun, NO_TAG, tag, exp_cmd_sn, stat_sn)


def data_length(header: bytes) -> int:
    return int.from_bytes(header[5:8], "big")


def padded(length: int) -> int:
    return length + -length % 4


def receive(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        piece = connection.recv(count - len(received))
        if not piece:
            raise RuntimeError("the server has closed a session")
        received += piece
    return received
