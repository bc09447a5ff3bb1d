# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""The wire, recorded and judged by a dissector that is not ours."""

import os
import signal
import subprocess
import time

import pytest

from .process import environment, run_ok

# Wireshark looks for iSCSI on 3260 only; bulk data beyond 64 KiB a PDU would be called bogus by the default limit.
PREFERENCES = ("iscsi.bogus_pdu_filter:FALSE", "iscsi.desegment_iscsi_messages:TRUE", "tcp.desegment_tcp_streams:TRUE",
               "iscsi.bogus_pdu_max_data_len:16777216", "tcp.reassemble_out_of_order:TRUE")

# dumpcap on a busy loopback may see packets of two processors in another order than TCP did; TCP is not on trial here.
MISORDERED = "tcp.analysis.out_of_order || tcp.analysis.retransmission || tcp.segment.overlap"

# Wireshark 4.0 reads beyond a device identification page that the allocation length has cut, and calls the packet
# malformed, whoever the target is: tgt's answers too.
CUT_INQUIRY = "iscsi.opcode == 0x25 && scsi_sbc.opcode == 0x12"


class Capture:
    """Between the constructor and stop() every packet from and to `port` on loopback is kept."""

    def __init__(self, peers, port, folder):
        self.tshark = peers.find("tshark")
        dumpcap = peers.find("dumpcap")
        self.port, self.path = port, folder / f"port-{port}.pcapng"
        self.process = subprocess.Popen(
            [dumpcap, "-q", "-i", "lo", "-B", "64", "-f", f"tcp port {port}", "-w", str(self.path)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment())
        self._wait_until_it_listens()

    def _wait_until_it_listens(self):
        """dumpcap names its file once the kernel delivers packets to it. Not every user may have them."""
        seen = b""
        os.set_blocking(self.process.stderr.fileno(), False)
        deadline = time.monotonic() + 10
        while b"File:" not in seen:
            seen += self.process.stderr.read() or b""
            if self.process.poll() is not None:
                pytest.skip(f"dumpcap cannot capture on lo: {' '.join(seen.decode(errors='replace').split())[:200]}")
            if time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                pytest.fail(f"dumpcap does not begin: {seen.decode(errors='replace').strip()}")
            time.sleep(0.05)

    def stop(self):
        time.sleep(0.3)  # the last packets are still on their way through the kernel's buffer
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(10)

    def fields(self, display_filter, *names):
        """One list of values for each packet that the filter lets through."""
        argv = [self.tshark, "-n", "-r", self.path, "-d", f"tcp.port=={self.port},iscsi"]
        argv += ["-Y", display_filter, "-T", "fields"]
        for preference in PREFERENCES:
            argv += ["-o", preference]
        for name in names:
            argv += ["-e", name]
        return [line.split("\t") for line in run_ok(*argv, limit_s=60).out.splitlines()]

    def assert_well_formed(self):
        if not self.fields("iscsi", "frame.number"):
            pytest.fail(f"no iSCSI PDU was seen on port {self.port}")
        faults = ("(_ws.malformed || iscsi.keyvalue.invalid || iscsi.opcode.invalid || "
                  f"(iscsi && _ws.expert.severity == error)) && !({CUT_INQUIRY}) && !({MISORDERED})")
        wrong = self.fields(faults, "frame.number", "_ws.expert.message", "_ws.col.Info")
        assert not wrong, f"Wireshark finds fault with {len(wrong)} packets of {self.path}: {wrong[:10]}"
