# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""What a machine may deny to every program, ours and others. A test that needs it is skipped there, with the reason."""

import ctypes
import os
import socket

import pytest

IO_URING_SETUP = 425  # its number on every architecture
BYTES_OF_PARAMETERS = 120


def need_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError as error:
        pytest.skip(f"no IPv6 on loopback: {error.strerror}")


def can_bypass_page_cache(folder):
    """Whether files in `folder` can be opened with O_DIRECT."""
    probe = folder / "direct-probe"
    probe.write_bytes(bytes(4096))
    try:
        os.close(os.open(probe, os.O_RDWR | os.O_DIRECT))
    except OSError:
        return False
    finally:
        probe.unlink()
    return True


def need(io):
    """`io` is what `serve --io` takes. A kernel without io_uring, sysctl, and seccomp can each forbid it."""
    if io != "uring":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.syscall(IO_URING_SETUP, 1, ctypes.create_string_buffer(BYTES_OF_PARAMETERS))
    if descriptor < 0:
        pytest.skip(f"no io_uring: {os.strerror(ctypes.get_errno())}")
    os.close(descriptor)
