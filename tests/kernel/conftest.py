# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Options and fixtures. Most are those of tests/interop; the guests are this folder's own."""

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
INTEROP = HERE.parent / "interop"
sys.path[:0] = [str(HERE), str(INTEROP)]

_spec = importlib.util.spec_from_file_location("interop_conftest", INTEROP / "conftest.py")
_interop = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_interop)

pytest_configure = _interop.pytest_configure
time_limit, peers, lunway, cli = _interop.time_limit, _interop.peers, _interop.lunway, _interop.cli
free_port, serve = _interop.free_port, _interop.serve

from guest.image import guest_image  # noqa: E402
from guest.kernel_log import KernelLog  # noqa: E402
from guest.machine import Guest, GuestEnded  # noqa: E402
from guest.session import Session  # noqa: E402
from harness import disks  # noqa: E402
from harness.process import Peers, run  # noqa: E402
from harness.server import LunwayServer  # noqa: E402


def pytest_addoption(parser):
    _interop.pytest_addoption(parser)
    parser.addoption("--record", action="store_true", help="keep the guests' packets as guest.pcap in their folders")


@pytest.fixture(scope="session")
def guests(peers, request, tmp_path_factory):
    """guests("one") is the guest of that name; it starts when it is first asked for and serves all tests of the run.

    Where the machine does not let the first of them run at all (it forbids ptrace), the tests are skipped.
    """
    image = guest_image(peers)
    started = {}

    def named(name):
        if name not in started:
            folder = tmp_path_factory.mktemp(name)
            started[name] = Guest(peers, image, folder, name, request.config.getoption("--record"))
        return started[name]

    named.started = started
    try:
        named("one")
    except GuestEnded as ended:
        if "Kernel panic" in str(ended):
            raise
        pytest.skip(f"User Mode Linux does not run here: {str(ended)[-600:]}")
    yield named
    for guest in started.values():
        guest.stop()


@pytest.fixture(scope="session")
def guest(guests):
    """The guest that is enough for most tests."""
    return guests("one")


@pytest.fixture(autouse=True)
def kernel_log(guests):
    """What the kernels complain about in a test must be what the test announces: kernel_log.expect(pattern, why)."""
    log = KernelLog(guests.started)
    yield log
    log.judge()


@pytest.fixture
def disk(request, guest, serve, tmp_path):
    """A server of one sparse file, as large as the module's SIZE says, and a session of the guest with it."""
    server = serve(disks.sparse(tmp_path / "disk.img", request.module.SIZE))
    with Session(guest, server.portal, server.iqn) as session:
        session.login()
        yield session


@pytest.fixture(scope="module")
def serve_all(lunway, tmp_path_factory):
    """serve() for all tests of a module."""
    started = []

    def start(*arguments, luns=1):
        folder = tmp_path_factory.mktemp("serve")
        if "--config" not in arguments:
            arguments = (*arguments, "--listen", "127.0.0.1:0", "--target", LunwayServer.IQN)
        started.append(LunwayServer(lunway, arguments, luns, folder))
        return started[-1]

    yield start
    for server in started:
        server.stop()
