# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""A machine boots from a LUN, as far as a prompt that a person would see."""

from pathlib import Path

import pytest

from harness import disks
from harness.process import run_ok
from harness.qemu import Machine
from harness.server import LunwayServer

# GRUB's rescue image is a hybrid: as a hard disk it boots through its MBR.
RESCUE_IMAGE = Path("/usr/lib/grub-rescue/grub-rescue-cdrom.iso")


@pytest.mark.limit(240)
def test_grub_reaches_its_prompt(serve, peers, cli, tmp_path):
    if not RESCUE_IMAGE.exists():
        peers.missing(f"{RESCUE_IMAGE} is not installed (Debian package grub-rescue-pc)")
    size = (RESCUE_IMAGE.stat().st_size + disks.MIB) // disks.MIB * disks.MIB
    server = serve("--create", str(size), tmp_path / "boot.img")
    run_ok(peers.find("qemu-img"), "convert", "-n", "-f", "raw", "-O", "raw", RESCUE_IMAGE, server.url())
    blockdev = {"driver": "iscsi", "transport": "tcp", "portal": server.portal, "target": LunwayServer.IQN, "lun": 0}
    machine = Machine(peers, blockdev, tmp_path)
    try:
        machine.wait_for("for a command-line", 120)
        machine.press("c")
        machine.wait_for("grub>", 30)
        # GRUB reads the disk again for this: its own files on the LUN.
        machine.type_line("ls (hd0)/boot")
        machine.wait_for("grub/", 30)
    finally:
        machine.stop()
    server.assert_alive()
