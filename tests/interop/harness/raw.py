# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""An initiator made of nothing but PDUs (RFC 7143, section 11): for what no well-behaved initiator does."""

import socket
import struct

INITIATOR = "iqn.2026-11.io.example:raw"

NOP_OUT, SCSI_COMMAND, TASK_MANAGEMENT, LOGIN, TEXT, DATA_OUT, LOGOUT = 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
NOP_IN, SCSI_RESPONSE, TASK_MANAGEMENT_RESPONSE, LOGIN_RESPONSE = 0x20, 0x21, 0x22, 0x23
DATA_IN, LOGOUT_RESPONSE, R2T, ASYNC, REJECT = 0x25, 0x26, 0x31, 0x32, 0x3F
IMMEDIATE = 0x40
TRANSIT, CONTINUES = 0x80, 0x40
SUCCESS = 0x0000
AUTHENTICATION_FAILURE, TOO_MANY_CONNECTIONS, SESSION_DOES_NOT_EXIST = 0x0201, 0x0206, 0x020A
NO_TAG = 0xFFFFFFFF


def pairs(*keys):
    return b"".join(key.encode() + b"\0" for key in keys)


class Pdu:
    """One PDU of the target."""

    def __init__(self, header, data):
        self.header, self.data = header, data
        self.opcode = header[0] & 0x3F
        self.flags = header[1]
        (self.itt,) = struct.unpack_from(">I", header, 16)
        (self.ttt,) = struct.unpack_from(">I", header, 20)
        self.stat_sn, self.exp_cmd_sn, self.max_cmd_sn = struct.unpack_from(">III", header, 24)
        # Of a SCSI Response, and of a Data-In that ends a command.
        self.status = header[3]
        # Of a Logout Response and of a Task Management Function Response.
        self.response = header[2]

    @property
    def login_status(self):
        return struct.unpack_from(">H", self.header, 36)[0]

    @property
    def tsih(self):
        return struct.unpack_from(">H", self.header, 14)[0]

    @property
    def sense(self):
        """Sense key, ASC and ASCQ of fixed format sense data."""
        return (self.data[4] & 0x0F, self.data[14], self.data[15]) if self.data else None

    def __repr__(self):
        return f"Pdu({self.header.hex(' ', 4)}, {len(self.data)} bytes)"


class RawConnection:
    """One TCP connection. Every call that waits gives up after `limit_s`."""

    def __init__(self, server, isid=b"\x80\x12\x34\x56\x00\x01", cid=0, limit_s=10):
        host, port = server.portal.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=limit_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.iqn = server.iqn
        self.isid, self.cid, self.tsih = isid, cid, 0
        self.exp_stat_sn = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # ---------------------------------------------------------------------------------------------------- any PDU

    def send(self, opcode, flags=0x80, rest=b"", lun=0, itt=0, at_20=NO_TAG, cmd_sn=0, at_32=b"", data=b""):
        """A header of the common form; `rest` is bytes 2 and 3, `at_32` bytes 32 to 47."""
        header = bytes([opcode, flags]) + rest.ljust(2, b"\0") + len(data).to_bytes(4, "big")
        header += struct.pack(">QIIII", lun << 48, itt, at_20, cmd_sn, self.exp_stat_sn) + at_32.ljust(16, b"\0")
        self.socket.sendall(header + data + bytes(-len(data) % 4))

    def receive(self):
        """The next PDU; None when the target has closed the connection."""
        header = self._read(48)
        if header is None:
            return None
        length = int.from_bytes(header[5:8], "big")
        data = self._read(length + -length % 4) if length else b""
        pdu = Pdu(header, data[:length])
        if pdu.opcode not in (DATA_IN, R2T) or (pdu.opcode == DATA_IN and pdu.flags & 1):
            self.exp_stat_sn = (pdu.stat_sn + 1) & 0xFFFFFFFF
        return pdu

    def expect(self, opcode):
        """The next PDU that is no NOP-In, which must be of this kind."""
        pdu = self.receive()
        while pdu is not None and pdu.opcode == NOP_IN and opcode != NOP_IN:
            pdu = self.receive()
        assert pdu is not None, f"the target closed the connection instead of sending {opcode:#x}"
        assert pdu.opcode == opcode, f"{pdu} instead of {opcode:#x}"
        return pdu

    def is_silent(self, seconds=0.3):
        """Whether nothing comes for so long, not even an end."""
        before = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) is None
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(before)

    def is_closed(self):
        """Whether the target closes the connection, after whatever it still says."""
        try:
            while self.receive() is not None:
                pass
        except ConnectionError:
            pass
        return True

    def _read(self, count):
        got = b""
        while len(got) < count:
            part = self.socket.recv(count - len(got))
            if not part:
                return None
            got += part
        return got

    # ------------------------------------------------------------------------------------------------------- login

    def send_login(self, flags, text, tsih=0, cmd_sn=1):
        header = bytes([LOGIN | IMMEDIATE, flags, 0, 0]) + len(text).to_bytes(4, "big") + self.isid
        header += struct.pack(">HIHHII", tsih, 1, self.cid, 0, cmd_sn, self.exp_stat_sn) + bytes(16)
        self.socket.sendall(header + text + bytes(-len(text) % 4))

    def login(self, *keys, tsih=0, cmd_sn=1, name=INITIATOR):
        """From the operational stage to the Full Feature Phase with one request. Returns the status."""
        text = pairs(f"InitiatorName={name}", f"TargetName={self.iqn}", *keys)
        self.send_login(TRANSIT | 0x07, text, tsih, cmd_sn)
        answer = self.expect(LOGIN_RESPONSE)
        self.tsih, self.login_answer = answer.tsih, answer
        return answer.login_status

    # ----------------------------------------------------------------------------------------------------- requests

    def command(self, itt, cmd_sn, cdb, read=0, write=0, data=b"", final=True, lun=0, immediate=False):
        flags = (0x80 if final else 0) | (0x40 if read else 0) | (0x20 if write else 0)
        self.send(SCSI_COMMAND | (IMMEDIATE if immediate else 0), flags, lun=lun, itt=itt, at_20=read or write,
                  cmd_sn=cmd_sn, at_32=bytes(cdb).ljust(16, b"\0"), data=data)

    def test_unit_ready(self, itt, cmd_sn):
        self.command(itt, cmd_sn, [0] * 6)

    def read_blocks(self, itt, cmd_sn, lba, blocks):
        self.command(itt, cmd_sn, struct.pack(">BBIBHB", 0x28, 0, lba, 0, blocks, 0), read=blocks * 512)

    def write_blocks(self, itt, cmd_sn, lba, blocks, data=b"", final=True):
        self.command(itt, cmd_sn, struct.pack(">BBIBHB", 0x2A, 0, lba, 0, blocks, 0), write=blocks * 512, data=data,
                     final=final)

    def data_out(self, itt, ttt, data, offset=0, final=True):
        self.send(DATA_OUT, 0x80 if final else 0, itt=itt, at_20=ttt, at_32=struct.pack(">IIII", 0, 0, offset, 0),
                  data=data)

    def logout(self, itt, cmd_sn, reason=0, cid=0):
        self.send(LOGOUT | IMMEDIATE, 0x80 | reason, itt=itt, at_20=cid << 16, cmd_sn=cmd_sn)
        return self.expect(LOGOUT_RESPONSE).response

    def clear_attentions(self, cmd_sn):
        """TEST UNIT READY until it is GOOD; the next CmdSN."""
        while True:
            self.test_unit_ready(0x7000 + cmd_sn, cmd_sn)
            cmd_sn += 1
            if self.expect(SCSI_RESPONSE).status == 0:
                return cmd_sn
