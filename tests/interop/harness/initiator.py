# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""An initiator of a few lines: one connection, one command at a time, and every status and sense code to look at.

It shares nothing with the program under test. Programs of others hide what the tests that use it are about: when
exactly a command was answered, and what a session that stays logged in is told.
"""

import socket
import struct

from .result import CHECK_CONDITION, GOOD, Result

IMMEDIATE, FINAL, READS, WRITES, SIMPLE = 0x40, 0x80, 0x40, 0x20, 0x01


class Refused(Exception):
    """A login was answered with this status."""

    def __init__(self, status):
        super().__init__(f"login status {status:04x}h")
        self.status = status


class Initiator:
    NAME = "iqn.2026-11.io.example:initiator"

    def __init__(self, port, target, name=NAME, isid=1, limit_s=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=limit_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.cmd_sn, self.exp_stat_sn, self.tag = 1, 0, 0
        self.asynchronous = []
        keys = {"InitiatorName": name, "TargetName": target, "SessionType": "Normal", "HeaderDigest": "None",
                "DataDigest": "None", "InitialR2T": "Yes", "ImmediateData": "Yes", "MaxRecvDataSegmentLength": "262144",
                "FirstBurstLength": "65536", "ErrorRecoveryLevel": "0"}
        text = b"".join(f"{key}={value}\0".encode() for key, value in keys.items())
        head = struct.pack(">BBBB", 0x43, 0x87, 0, 0) + len(text).to_bytes(4, "big")
        head += bytes([0x80]) + isid.to_bytes(5, "big") + bytes(2)
        head += struct.pack(">IHHII", 0, 1, 0, self.cmd_sn, 0) + bytes(16)
        self._send(head, text)
        answer, _ = self._receive()
        assert answer[0] & 0x3f == 0x23, f"a PDU {answer[0]:02x}h answers the login"
        if answer[36] != 0:
            raise Refused(int.from_bytes(answer[36:38], "big"))
        self.exp_stat_sn = int.from_bytes(answer[24:28], "big") + 1

    def _send(self, head, data=b""):
        assert len(head) == 48
        self.socket.sendall(head + data + bytes(-len(data) % 4))

    def _exactly(self, count):
        parts = b""
        while len(parts) < count:
            part = self.socket.recv(count - len(parts))
            if not part:
                raise ConnectionError("the target closed the connection")
            parts += part
        return parts

    def _receive(self):
        head = self._exactly(48)
        length = int.from_bytes(head[5:8], "big")
        return head, self._exactly(length + -length % 4)[:length]

    def begin(self, lun, cdb, data=b"", expect=0):
        """Sends a command with all of its data, and returns its tag."""
        self.tag += 1
        flags = FINAL | SIMPLE | (READS if expect else 0) | (WRITES if data else 0)
        head = struct.pack(">BBHBBBB", 0x01, flags, 0, 0, *len(data).to_bytes(3, "big"))
        head += struct.pack(">HHI", lun, 0, 0) + struct.pack(">IIII", self.tag, len(data) or expect, self.cmd_sn,
                                                             self.exp_stat_sn) + bytes(cdb).ljust(16, b"\0")
        self.cmd_sn += 1
        self._send(head, data)
        return self.tag

    def end(self, tag):
        """Waits for the status of a command."""
        data_in = b""
        while True:
            head, data = self._receive()
            opcode = head[0] & 0x3f
            if opcode == 0x20:  # NOP-In
                if head[20:24] != b"\xff\xff\xff\xff":
                    self._answer_ping(head)
                continue
            if opcode == 0x32:
                self.asynchronous.append(head[36])
                self.exp_stat_sn = int.from_bytes(head[24:28], "big") + 1
                continue
            assert int.from_bytes(head[16:20], "big") == tag, f"a PDU {opcode:02x}h of another task"
            if opcode == 0x25:
                data_in += data
                if not head[1] & 1:
                    continue
                self.exp_stat_sn = int.from_bytes(head[24:28], "big") + 1
                return Result(head[3], b"", data_in)
            assert opcode == 0x21, f"a PDU {opcode:02x}h answers a command"
            self.exp_stat_sn = int.from_bytes(head[24:28], "big") + 1
            return Result(head[3], data[2:], data_in)

    def _answer_ping(self, ping):
        head = struct.pack(">BBH", 0x40, FINAL, 0) + bytes(4) + ping[8:16] + b"\xff\xff\xff\xff" + ping[20:24]
        self._send(head + struct.pack(">II", self.cmd_sn, self.exp_stat_sn) + bytes(16))

    def run(self, lun, cdb, data=b"", expect=0):
        return self.end(self.begin(lun, cdb, data, expect))

    def settle(self, lun=0):
        """Hears what a new nexus is told first; returns the codes."""
        heard = []
        while True:
            result = self.run(lun, [0] * 6)
            if result.status != CHECK_CONDITION or result.sense[2] & 0xf != 6:
                return heard
            heard.append(result.asc)

    def write(self, lun, block, data, fua=False):
        cdb = struct.pack(">BBIBHB", 0x2a, 8 if fua else 0, block, 0, len(data) // 512, 0)
        return self.run(lun, cdb, data)

    def read(self, lun, block, count=1):
        return self.run(lun, struct.pack(">BBIBHB", 0x28, 0, block, 0, count, 0), expect=count * 512)

    def synchronize(self, lun=0):
        return self.run(lun, struct.pack(">BBIBHB", 0x35, 0, 0, 0, 0, 0))

    def blocks(self, lun):
        """READ CAPACITY(10)."""
        result = self.run(lun, [0x25] + [0] * 9, expect=8)
        assert result.status == GOOD, result
        return int.from_bytes(result.data[:4], "big") + 1

    def luns(self, lun=0):
        result = self.run(lun, struct.pack(">BBBBBBIBB", 0xa0, 0, 0, 0, 0, 0, 4096, 0, 0), expect=4096)
        assert result.status == GOOD, result
        return [int.from_bytes(result.data[at:at + 2], "big") for at in range(8, len(result.data), 8)]

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
