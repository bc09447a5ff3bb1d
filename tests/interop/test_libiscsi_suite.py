# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""libiscsi's own conformance suite, all of it: each suite on the disks that it asks for, and what it leaves out.

What is skipped and why, and where the suite contradicts the standard, is told in docs/libiscsi-suite.md.
"""

import re
import subprocess

import pytest

from harness import machine
from harness.process import run

IQN = "iqn.2026-11.io.lunway:suite"

# LUN to volume. None has all that the tests ask for, so suites run on several.
DISKS = {"file": 0, "memory": 1, "large blocks": 2, "read only": 3, "physical blocks": 4, "slow": 5, "direct": 6}

CONFIGURATION = """
[[portal_group]]
tag = 1
listen = ["127.0.0.1:0"]
[[portal_group]]
tag = 2
listen = ["127.0.0.1:0"]

[volume.file]
file = "{folder}/disk.img"
size = "64MiB"
[volume.memory]
memory = "64MiB"
removable = true
[volume.large_blocks]
memory = "64MiB"
block_size = 4096
[volume.read_only]
memory = "64MiB"
read_only = true
[volume.physical_blocks]
file = "{folder}/physical.img"
size = "64MiB"
physical_block_exponent = 3
[volume.direct]
file = "{folder}/direct.img"
size = "64MiB"
direct = {direct}
[volume.slow]
null = "6TiB"

[[target]]
name = "{iqn}"
max_connections = 4
[target.luns]
0 = "file"
1 = "memory"
2 = "large_blocks"
3 = "read_only"
4 = "physical_blocks"
5 = "slow"
6 = "direct"
"""

# The suites of the family ALL, by the disk that they run on when it is not the file alone.
ON = {
    "CompareAndWrite": ["file", "direct", "memory", "large blocks", "physical blocks"],
    "GetLBAStatus": ["file", "direct", "memory", "large blocks"],
    "NoMedia": ["memory"],
    "OrWrite": ["file", "direct", "memory"],
    "PreventAllow": ["memory"],
    "ReadOnly": ["read only"],
    "Sanitize": ["file", "direct", "memory", "large blocks"],
    "StartStopUnit": ["memory"],
    "Unmap": ["file", "direct", "memory", "physical blocks"],
    "WriteAtomic16": ["memory", "large blocks"],
    "WriteSame10": ["file", "direct", "memory", "physical blocks"],
    "WriteSame16": ["file", "direct", "memory", "physical blocks"],
    "WriteVerify16": ["file", "direct", "memory", "physical blocks"],
}
for one in ("ExtendedCopy", "Read6", "Read10", "Read12", "Read16", "Verify10", "Verify12", "Verify16", "Write10",
            "Write12", "Write16", "WriteVerify10", "WriteVerify12"):
    ON[one] = ["file", "direct"]
# Test by test: one of them needs a disk of its own.
BY_TEST = {"Sanitize", "StartStopUnit", "PreventAllow"}
ON_TEST = {"Sanitize.Reset": ["slow"]}
# One URL is one path; these want two.
TWO_PATHS = {"MultipathIO"}

# What a test says it leaves out, by the test or its suite, and why that is so. Strict: another reason, or one of these
# where nothing is left out, fails the test.
EXPECTED_SKIPS = {
    "Sanitize.CryptoErase": ({"SANITIZE CRYPTO_ERASE is not implemented according to REPORT_SUPPORTED_OPCODES."},
                             "nothing is encrypted, so no key can be thrown away"),
    "WriteSame10": ({"WRITESAME10 does not support 0-blocks."}, "WSNZ is set: zero blocks are none, not all the rest"),
    "WriteSame16": ({"WRITESAME16 does not support 0-blocks."}, "the same"),
    "WriteAtomic16": ({"No alignment restrictions on this LUN", "No granularity restrictions on this LUN"},
                      "there are none"),
}
for one in ("Readonly", "Reservations"):
    EXPECTED_SKIPS[f"Sanitize.{one}"] = EXPECTED_SKIPS["Sanitize.CryptoErase"]
EXPECTED_SKIPS["Sanitize.CryptoEraseReserved"] = (set(), "the reserved bits are refused all the same")
# Without a removable disk, or with blocks that are their own physical ones, some tests of a suite leave themselves out;
# they are not left out on the other disks of the suite.
SMALL_BLOCKS = "LBPPB < 2. Skipping test"
LARGE_BLOCKS_ONLY = {"CompareAndWrite", "WriteSame10", "WriteSame16"}

# Where the suite asks for what the standard forbids.
CONTRADICTIONS = {
    "PreventAllow.Eject": "SBC-3 has PREVENT keep a medium in, and not out: a load is no removal",
    "StartStopUnit.PwrCnd": "SPC-4 wants reserved code values refused, and nine of the fifteen power conditions are",
    "StartStopUnit.NoLoej": "SBC-3: START = 0 stops the unit, and a stopped unit is not ready",
}


def all_tests(peers):
    """{suite: [test, ...]} of the family ALL, as the program lists them."""
    listed = subprocess.run([peers.find("iscsi-test-cu"), "--list"], capture_output=True, text=True, check=False).stdout
    suites = {}
    for line in listed.splitlines():
        parts = line.split(".")
        if parts[0] == "ALL" and len(parts) == 3:
            suites.setdefault(parts[1], []).append(parts[2])
    return suites


SUITES = """
CompareAndWrite ExtendedCopy GetLBAStatus Inquiry Mandatory ModeSense6 NoMedia OrWrite Prefetch10 Prefetch16
PreventAllow PrinReadKeys PrinServiceactionRange PrinReportCapabilities ProutRegister ProutReserve ProutClear
ProutPreempt Read6 Read10 Read12 Read16 ReadCapacity10 ReadCapacity16 ReadDefectData10 ReadDefectData12 ReadOnly
ReceiveCopyResults ReportSupportedOpcodes Reserve6 Sanitize StartStopUnit TestUnitReady Unmap Verify10 Verify12
Verify16 Write10 Write12 Write16 WriteAtomic16 WriteSame10 WriteSame16 WriteVerify10 WriteVerify12 WriteVerify16
iSCSIcmdsn iSCSIdatasn iSCSIResiduals iSCSITMF MultipathIO
""".split()

TESTS = {
    "Sanitize": ["BlockErase", "BlockEraseReserved", "CryptoErase", "CryptoEraseReserved", "ExitFailureMode",
                 "InvalidServiceAction", "Overwrite", "OverwriteReserved", "Readonly", "Reservations", "Reset"],
    "StartStopUnit": ["Simple", "PwrCnd", "NoLoej"],
    "PreventAllow": ["Simple", "Eject", "ITNexusLoss", "Logout", "WarmReset", "ColdReset", "LUNReset", "2ITNexuses"],
}


def cases():
    for suite in SUITES:
        for name in ([f"{suite}.{test}" for test in TESTS[suite]] if suite in BY_TEST else [suite]):
            for disk in ON_TEST.get(name, ON.get(suite, ["file"])):
                marks = [pytest.mark.limit(620)]
                if name in CONTRADICTIONS:
                    marks.append(pytest.mark.xfail(reason=CONTRADICTIONS[name], strict=True))
                yield pytest.param(name, disk, id=f"{name}-{disk.replace(' ', '-')}", marks=marks)


def expected_skips(name, disk):
    expected = set(EXPECTED_SKIPS.get(name, (set(), ""))[0])
    if name in LARGE_BLOCKS_ONLY and disk != "physical blocks":
        expected.add(SMALL_BLOCKS)
    return expected


def urls_of(server, disk):
    found = [url for url in server.urls if url.endswith(f"/{DISKS[disk]}")]
    assert len(found) == 2, server.urls
    return found


@pytest.fixture
def disks(serve, tmp_path):
    path = tmp_path / "suite.toml"
    direct = machine.can_bypass_page_cache(tmp_path)
    path.write_text(CONFIGURATION.format(folder=tmp_path, iqn=IQN, direct=str(direct).lower()))
    server = serve("--config", path, luns=2 * len(DISKS))
    server.has_direct_disk = direct
    yield server
    server.assert_alive()


def test_the_list_is_whole(peers):
    """A new version of the suite with other tests is noticed."""
    suites = all_tests(peers)
    assert sorted(suites) == sorted(SUITES)
    for suite, tests in TESTS.items():
        assert sorted(suites[suite]) == sorted(tests)


@pytest.mark.parametrize("name, disk", cases())
def test_suite(peers, disks, name, disk):
    if disk == "direct" and not disks.has_direct_disk:
        pytest.skip("the temporary folder cannot do without the page cache")
    urls = urls_of(disks, disk)
    if name not in TWO_PATHS:
        urls = urls[:1]
    argv = [peers.find("iscsi-test-cu"), "--dataloss", "--allow-sanitize", "--fail", "--Verbose-scsi",
            f"--test=ALL.{name}", *urls]
    outcome = run(*argv, limit_s=600)
    totals = re.search(r"^\s*tests\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", outcome.out, re.MULTILINE)
    assert totals, f"no summary, the suite did not come to its end:\n{outcome}"
    _, ran, _, failed = map(int, totals.groups())
    assert ran > 0, f"nothing ran:\n{outcome}"
    assert failed == 0 and outcome.code == 0, str(outcome)
    skips = {skip.strip() for skip in re.findall(r"\[SKIPPED\](.*)", outcome.out)}
    assert skips == expected_skips(name, disk), f"{name} on {disk} leaves out other things than is written here"
