# SPDX-License-Identifier: Apache-2.0
"""Whether the bytes of idle_sessions.py are where RFC 7143 has them."""

import unittest

import idle_sessions


class LoginRequest(unittest.TestCase):
    def test_fields(self) -> None:
        pdu = idle_sessions.login_request("iqn.2026-11.io.example:a", 0x010203)
        self.assertEqual(len(pdu) % 4, 0)
        self.assertEqual(pdu[0], 0x43)
        self.assertEqual(pdu[48:48 + idle_sessions.data_length(pdu)].count(b"\0"), 2)
        self.assertEqual(pdu[8:16], bytes([0x80, 1, 2, 3, 0, 0, 0, 0]))  # ISID, then TSIH 0
        self.assertEqual(pdu[24:28], bytes([0, 0, 0, 1]))  # CmdSN


class NopOut(unittest.TestCase):
    def nop_in(self, tag: int) -> bytes:
        return (bytes([0x20, 0x80]) + bytes(6) + bytes(range(8)) + b"\xff" * 4 + tag.to_bytes(4, "big")
                + (7).to_bytes(4, "big") + (9).to_bytes(4, "big") + bytes(16))

    def test_a_ping_is_answered_with_its_tag(self) -> None:
        answer = idle_sessions.nop_out(self.nop_in(0x55))
        assert answer is not None
        self.assertEqual(len(answer), 48)
        self.assertEqual(answer[8:16], bytes(range(8)))  # LUN
        self.assertEqual(answer[16:24], b"\xff\xff\xff\xff\0\0\0\x55")  # Initiator and Target Transfer Tag
        self.assertEqual(answer[24:32], bytes([0, 0, 0, 9, 0, 0, 0, 7]))  # CmdSN, ExpStatSN

    def test_other_nop_ins_are_not(self) -> None:
        self.assertIsNone(idle_sessions.nop_out(self.nop_in(0xFFFFFFFF)))


if __name__ == "__main__":
    unittest.main()
