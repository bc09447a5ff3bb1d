# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""libiscsi's tools as the initiator: what they print must be what is served."""

import re

import pytest

from harness import disks
from harness.process import run, run_ok

VPD_PAGES = {0x00: "supported pages", 0x80: "unit serial number", 0x83: "device identification", 0xB0: "block limits",
             0xB1: "block device characteristics", 0xB2: "logical block provisioning"}


@pytest.fixture
def disk(tmp_path):
    return disks.numbered(tmp_path / "disk.img", 8 * disks.MIB)


def test_ls_shows_target_and_luns(serve, peers, capture, disk):
    server = serve(disk, "--memory", "16MiB", luns=2)
    capture(server.port)
    listing = run_ok(peers.find("iscsi-ls"), "-s", f"iscsi://{server.portal}").out
    assert f"Target:{server.iqn} Portal:{server.portal},1" in listing
    assert re.search(r"Lun:0 +Type:DIRECT_ACCESS", listing), listing
    assert re.search(r"Lun:1 +Type:DIRECT_ACCESS", listing), listing


def test_standard_inquiry(serve, peers, capture, disk):
    server = serve(disk)
    capture(server.port)
    answer = run_ok(peers.find("iscsi-inq"), server.url()).out
    assert re.search(r"Peripheral Device Type:DIRECT_ACCESS", answer), answer
    assert re.search(r"Vendor:LUNWAY", answer), answer


@pytest.mark.parametrize("page", VPD_PAGES, ids=[f"{page:02x}h" for page in VPD_PAGES])
def test_vital_product_data(serve, peers, capture, disk, page):
    server = serve(disk)
    capture(server.port)
    run_ok(peers.find("iscsi-inq"), "-e", "1", "-c", str(page), server.url())


def test_each_vpd_page_that_libiscsi_knows_can_be_read(serve, peers, disk):
    server = serve(disk)
    inq = peers.find("iscsi-inq")
    listing = run_ok(inq, "-e", "1", "-c", "0", server.url()).out
    pages = [int(page, 16) for page in re.findall(r"Page:0x([0-9a-fA-F]+)", listing)]
    assert {0x00, 0x83} <= set(pages), f"SPC-4 wants 00h and 83h of everybody: {listing}"
    assert pages == sorted(pages), "SPC-4 wants them in ascending order"
    for page in set(pages) & set(VPD_PAGES):
        run_ok(inq, "-e", "1", "-c", str(page), server.url())


def test_read_capacity_16(serve, peers, capture, disk):
    server = serve(disk)
    capture(server.port)
    answer = run_ok(peers.find("iscsi-readcapacity16"), server.url()).out
    assert re.search(r"RETURNED LOGICAL BLOCK ADDRESS:\s*16383", answer), answer
    assert re.search(r"LOGICAL BLOCK LENGTH IN BYTES:\s*512", answer), answer


@pytest.mark.parametrize("order", [[], ["-r"]], ids=["sequential", "random"])
def test_perf_for_three_seconds(serve, peers, disk, order):
    server = serve(disk)
    outcome = run_ok(peers.find("iscsi-perf"), "-t", "3", "-m", "32", "-b", "8", *order, server.url())
    assert "iops" in outcome.out.lower(), str(outcome)
    assert "failed" not in (outcome.out + outcome.err).lower(), str(outcome)


def test_software_write_protect_is_answered(serve, peers, disk):
    """iscsi-swp reads the Control mode page and asks for SWP: a target may refuse, but it must answer in order."""
    server = serve(disk)
    outcome = run(peers.find("iscsi-swp"), server.url())
    assert "SWP" in outcome.out + outcome.err, str(outcome)
    run_ok(peers.find("iscsi-inq"), server.url())


def test_chap_is_proved(serve, peers, capture, disk, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("correct-horse-battery\n")
    server = serve(disk, "--chap-user", "app", "--chap-secret-file", secret)
    capture(server.port)
    inq = peers.find("iscsi-inq")
    run_ok(inq, server.url(user="app%correct-horse-battery"))
    for user in ("", "app%correct-horse-batterx", "other%correct-horse-battery"):
        refused = run(inq, server.url(user=user))
        assert refused.code != 0, f"'{user}' was let in"
    run_ok(inq, server.url(user="app%correct-horse-battery"))


def test_mutual_chap(serve, peers, capture, disk, tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.write_text("correct-horse-battery\n")
    theirs.write_text("staple-of-the-target\n")
    server = serve(disk, "--chap-user", "app", "--chap-secret-file", ours, "--mutual-user", "tgt",
                   "--mutual-secret-file", theirs)
    capture(server.port)
    inq = peers.find("iscsi-inq")

    def url(target_secret):
        return server.url(user="app%correct-horse-battery", target_user="tgt", target_password=target_secret)

    run_ok(inq, url("staple-of-the-target"))
    wrong = run(inq, url("some-other-secret"))
    assert wrong.code != 0, "the initiator believed a target that proved another secret"


def test_header_digest(serve, peers, capture, disk):
    server = serve(disk)
    capture(server.port)
    run_ok(peers.find("iscsi-inq"), server.url(header_digest="crc32c"))
