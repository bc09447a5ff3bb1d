# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""A sanitize operation that a restart finds half done. That it goes on through aborts and resets, libiscsi tests."""

import time

from harness import disks
from harness.process import run

SIZE = 16 * disks.MIB


def serial_of(state):
    """The second word of the one line of the file of identities."""
    return (state / "identities").read_text().split()[1]


def wait_for(what, limit_s=30):
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_a_restart_takes_it_up_again(serve, lunway, tmp_path):
    state = tmp_path / "state"
    image = disks.numbered(tmp_path / "disk.img", SIZE)
    serve(image, "--state", state).stop()
    record = state / f"sanitize-{serial_of(state)}"

    record.write_text("sanitize-1 overwrite 0 2 1 00ff\n")
    server = serve(image, "--state", state)
    wait_for(lambda: record.read_bytes() == b"")
    server.assert_alive()
    server.stop()
    assert image.read_bytes() == b"\xff\x00" * (SIZE // 2), "the second pass is inverted"

    # It has ended: another restart leaves the disk alone.
    disks.numbered(image, SIZE)
    before = image.read_bytes()
    serve(image, "--state", state).stop()
    assert image.read_bytes() == before


def test_a_stop_in_the_middle_is_taken_up_again(serve, tmp_path):
    """The server goes down at once, whatever is left of the operation, and the next one ends it."""
    state = tmp_path / "state"
    image = disks.numbered(tmp_path / "disk.img", SIZE)
    serve(image, "--state", state).stop()
    record = state / f"sanitize-{serial_of(state)}"
    record.write_text("sanitize-1 overwrite 0 31 0 55\n")
    serve(image, "--state", state).stop()
    left = record.read_text()
    assert left in ("", "sanitize-1 overwrite 0 31 0 55\n")
    serve(image, "--state", state)
    wait_for(lambda: record.read_bytes() == b"")
    assert image.read_bytes() == b"\x55" * SIZE


def test_a_damaged_record_is_no_permission_to_serve(serve, lunway, tmp_path):
    """The disk was to be sanitized: nobody gets at what is left until somebody has decided."""
    state = tmp_path / "state"
    image = disks.numbered(tmp_path / "disk.img", SIZE)
    serve(image, "--state", state).stop()
    record = state / f"sanitize-{serial_of(state)}"
    record.write_text("sanitize-1 over")
    outcome = run(lunway, "serve", image, "--state", state, "--listen", "127.0.0.1:0")
    assert outcome.code == 1, str(outcome)
    assert f"{record} is damaged" in outcome.err
