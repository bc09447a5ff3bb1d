# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Options and fixtures. What they are made of is in harness/."""

import os
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import rogue  # noqa: E402
from harness.capture import Capture  # noqa: E402
from harness.process import Peers, run  # noqa: E402
from harness.server import LunwayServer  # noqa: E402
from harness.tgtd import Tgtd  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--lunway", help="the program to test, e.g. build/debug/lunway")
    parser.addoption("--require-peers", action="store_true", help="a missing peer is a failure, not a skip")


def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): how long the test may take; 90 unless it says so")


@pytest.fixture(autouse=True)
def time_limit(request):
    """No test runs for ever, even where a peer hangs in a place without a limit of its own."""
    marker = request.node.get_closest_marker("limit")
    seconds = marker.args[0] if marker else 90

    def too_late(*_):
        pytest.fail(f"the test took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, too_late)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def peers(request):
    return Peers(request.config.getoption("--require-peers"))


@pytest.fixture(scope="session")
def lunway(request):
    """The path of the program under test."""
    given = request.config.getoption("--lunway") or os.environ.get("LUNWAY")
    if not given:
        pytest.exit("say which program to test: --lunway build/debug/lunway", returncode=2)
    path = Path(given).resolve()
    if not os.access(path, os.X_OK):
        pytest.exit(f"{path} is not a program that can be run; build it first", returncode=2)
    return path


@pytest.fixture
def cli(lunway):
    """Runs one sub-command to its end: cli("info", url)."""
    return lambda *arguments, **options: run(lunway, *arguments, **options)


@pytest.fixture
def free_port():
    return rogue.free_port()


@pytest.fixture
def serve(lunway, tmp_path):
    """serve("disk.img", "--shards", 1) starts a server on a free loopback port. It must end well when the test does."""
    started = []

    def start(*arguments, luns=1, listen=None, target=LunwayServer.IQN, env=None):
        arguments = list(arguments)
        if "--config" not in arguments:
            arguments += ["--listen", listen or "127.0.0.1:0"] + (["--target", target] if target else [])
        folder = tmp_path / f"serve-{len(started)}"
        folder.mkdir()
        started.append(LunwayServer(lunway, arguments, luns, folder, env))
        return started[-1]

    yield start
    faults = []
    for server in started:
        if not server.stopped:
            try:
                server.stop()
            except (AssertionError, pytest.fail.Exception) as fault:
                faults.append(str(fault))
    assert not faults, "\n".join(faults)


@pytest.fixture
def capture(peers, tmp_path):
    """capture(port) records until the test ends, then Wireshark must find every PDU well formed."""
    started = []

    def start(port):
        started.append(Capture(peers, port, tmp_path))
        return started[-1]

    yield start
    for one in started:
        one.stop()
    for one in started:
        one.assert_well_formed()


@pytest.fixture
def tgtd(peers, tmp_path):
    daemon = Tgtd(peers, rogue.free_port(), tmp_path)
    yield daemon
    daemon.stop()
