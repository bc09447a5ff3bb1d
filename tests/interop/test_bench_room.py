# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""What bench/ measures with works: its servers start, its sessions live. How fast anything is, is not judged here."""

import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
sys.path.append(str(BENCH))

import contenders  # noqa: E402
import sessions  # noqa: E402
from idle_sessions import IdleSessions  # noqa: E402
from works import FOR_INITIATORS, WORKS  # noqa: E402

SESSIONS = 70  # more than one wave of logins
SECONDS = 0.1


@pytest.fixture
def raced(lunway, tmp_path, monkeypatch):
    """All servers that are installed; two small volumes instead of large ones."""
    monkeypatch.setattr(contenders, "VOLUME_MIB", 2)
    found = contenders.Contenders(str(lunway), "", str(tmp_path))
    found.start()
    yield found
    found.stop()


def test_idle_sessions_stay(serve):
    server = serve("--memory", "1MiB")
    idle = IdleSessions(("127.0.0.1", server.port), server.iqn)
    idle.open(SESSIONS)
    idle.answer_pings(0)  # fails when one has been closed
    assert len(idle) == SESSIONS
    idle.close()


def test_table_of_sessions():
    row = {"sessions": 1, "iops": 1000.4, "p99_us": 5.0, "user_us": 1.0, "system_us": 2.0}
    assert sessions.table([row]).splitlines()[2] == "| 1 |  |  |  | 1000 | 5 | 1.00 + 2.00 |"


def test_every_server_does_a_work(raced):
    broken = {name: why for name, why in raced.missing.items() if "is not installed" not in why}
    assert not broken
    work = WORKS[0]
    for name in raced.names(work):
        if name != "wire":
            sample = raced.run(name, work, SECONDS)
            assert sample.iops > 0 and sample.load_us > 0, f"{name}: {sample}"
    assert raced.run("Lunway, both digests", work, SECONDS).iops > 0
    assert raced.run_initiator("lunway bench", FOR_INITIATORS, SECONDS).iops > 0
