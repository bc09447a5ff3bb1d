# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Images whose contents say where they came from."""

import hashlib
import os
import shutil
import struct
from pathlib import Path

from .process import run_ok

MIB = 1 << 20


def sparse(path, size):
    with open(path, "wb") as file:
        file.truncate(size)
    return path


def numbered(path, size, seed=1):
    """Each 512-byte block holds its own number and bytes that depend on it: a block that went astray shows."""
    assert size % 512 == 0
    with open(path, "wb") as file:
        for first in range(0, size // 512, 2048):
            part = bytearray()
            for block in range(first, min(first + 2048, size // 512)):
                head = struct.pack(">QQ", seed, block)
                part += head + hashlib.shake_128(head).digest(512 - len(head))
            file.write(part)
    return path


def real_file_system(peers, path, size, work):
    """An ext4 file system filled from the machine's own /usr/share to about three quarters."""
    mke2fs, tree, budget = peers.find("mke2fs"), work / "tree", size * 3 // 4
    for source in sorted(Path("/usr/share").rglob("*")):
        if budget < 0:
            break
        if source.is_symlink() or not source.is_file() or not os.access(source, os.R_OK):
            continue
        copy = tree / source.relative_to("/usr/share")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        budget -= max(source.stat().st_size, 4096)
    sparse(path, size)
    run_ok(mke2fs, "-q", "-F", "-t", "ext4", "-N", "60000", "-d", tree, path, limit_s=120)
    shutil.rmtree(tree)
    return path


def assert_clean_file_system(peers, path):
    run_ok(peers.find("e2fsck"), "-f", "-n", path, limit_s=120)


def digest(path, length=None):
    state = hashlib.sha256()
    with open(path, "rb") as file:
        left = os.path.getsize(path) if length is None else length
        while left:
            part = file.read(min(left, 4 * MIB))
            assert part, f"{path} is shorter than {length}"
            state.update(part)
            left -= len(part)
    return state.hexdigest()
