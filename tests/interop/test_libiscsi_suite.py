# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""libiscsi's own conformance suite, one suite a test."""

import re

import pytest

from harness import disks
from harness.process import run

ISCSI = ["iSCSIcmdsn", "iSCSIdatasn", "iSCSIResiduals", "iSCSITMF"]
COMMANDS = [
    "CompareAndWrite", "GetLBAStatus", "Inquiry", "Mandatory", "ModeSense6", "NoMedia", "OrWrite", "Prefetch10",
    "Prefetch16", "PreventAllow", "PrinReadKeys", "PrinServiceactionRange", "PrinReportCapabilities",
    "ProutRegister", "ProutReserve",
    "ProutClear", "ProutPreempt", "Read6", "Read10", "Read12", "Read16", "ReadCapacity10", "ReadCapacity16",
    "ReadDefectData10", "ReadDefectData12", "ReadOnly", "ReportSupportedOpcodes", "Reserve6", "StartStopUnit",
    "TestUnitReady", "Unmap", "Verify10", "Verify12", "Verify16", "Write10", "Write12", "Write16", "WriteAtomic16",
    "WriteSame10", "WriteSame16", "WriteVerify10", "WriteVerify12", "WriteVerify16",
]

# Suite to reason: what is known to fail, and why that is not our fault or not done yet. A suite that starts to pass
# must leave this list (strict).
EXPECTED_FAILURES = {}


def run_suite(peers, url, name, limit_s):
    argv = [peers.find("iscsi-test-cu"), "--dataloss", "--fail", "--normal", f"--test={name}", url]
    outcome = run(*argv, limit_s=limit_s)
    totals = re.search(r"^\s*tests\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", outcome.out, re.MULTILINE)
    assert totals, f"no summary, the suite did not come to its end:\n{outcome}"
    _, ran, _, failed = map(int, totals.groups())
    assert ran > 0, f"nothing ran:\n{outcome}"
    assert failed == 0 and outcome.code == 0, str(outcome)


def suites(family, names):
    for name in names:
        marks = [pytest.mark.xfail(reason=EXPECTED_FAILURES[name], strict=True)] if name in EXPECTED_FAILURES else []
        yield pytest.param(f"{family}.{name}", id=name, marks=marks)


@pytest.mark.limit(150)
@pytest.mark.parametrize("suite", suites("iSCSI", ISCSI))
def test_iscsi_family(serve, peers, capture, suite):
    server = serve("--memory", "64MiB")
    run_suite(peers, server.url(), suite, 120)
    server.assert_alive()


@pytest.mark.limit(150)
@pytest.mark.parametrize("suite", suites("SCSI", COMMANDS))
def test_scsi_family(serve, peers, tmp_path, suite):
    server = serve(disks.sparse(tmp_path / "disk.img", 64 * disks.MIB))
    run_suite(peers, server.url(), suite, 120)
    server.assert_alive()
