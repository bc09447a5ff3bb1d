# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""The guests' root file system: built once, used by all, built again when what it is made from has changed."""

import fcntl
import hashlib
import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / "build" / "kernel-guest"
MADE_FROM = ("build_image.sh", "furnish.sh")
LIMIT_S = 600


def guest_image(peers):
    """The path of the image. Where none can be built, the tests are skipped with the reason."""
    peers.find("linux.uml")
    key = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in MADE_FROM)).hexdigest()[:16]
    CACHE.mkdir(parents=True, exist_ok=True)
    image = CACHE / f"root-{key}.ext4"
    with open(CACHE / "lock", "w", encoding="ascii") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        if not image.exists():
            for tool in ("mmdebstrap", "mke2fs"):
                peers.find(tool)
            for old in CACHE.glob("root-*"):
                old.unlink()
            build(image)
    return image


def build(image):
    environment = os.environ | {"PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
    try:
        done = subprocess.run([HERE / "build_image.sh", image], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=LIMIT_S, check=False, env=environment)
    except subprocess.TimeoutExpired:
        pytest.skip(f"the guests' file system was not built within {LIMIT_S} s")
    if done.returncode != 0:
        reason = done.stdout.decode(errors="replace").strip().splitlines()[-8:]
        pytest.skip("the guests' file system cannot be built: " + " / ".join(reason))
