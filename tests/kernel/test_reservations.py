# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Persistent reservations between two initiators, by sg_persist."""

import pytest

from harness import disks

OTHER = "iqn.2026-11.io.example:other"
CONFLICT = "24"  # exit status of sg3-utils for RESERVATION CONFLICT

CLEARED = "what the kernel makes of RESERVATIONS PREEMPTED, REGISTRATIONS PREEMPTED and RESERVATIONS RELEASED"

# What each type lets an initiator do that is not the holder: read and write, unregistered and then registered
# (SPC-4, 5.13.1). Type: its name in sg_persist's words, and these four.
ALL, READ, NOTHING = ["0", "0"], ["0", CONFLICT], [CONFLICT, CONFLICT]
TYPES = {
    1: ("Write Exclusive", READ, READ),
    3: ("Exclusive Access", NOTHING, NOTHING),
    5: ("Write Exclusive, registrants only", READ, ALL),
    6: ("Exclusive Access, registrants only", NOTHING, ALL),
    7: ("Write Exclusive, all registrants", READ, ALL),
    8: ("Exclusive Access, all registrants", NOTHING, ALL),
}

ATTEMPTS = """
attempt() {
  local read=0 write=0
  sg_raw --request=512 "$1" 28 00 00 00 00 00 00 00 01 00 >/dev/null 2>&1 || read=$?
  sg_raw --send=512 --infile=/dev/zero "$1" 2a 00 00 00 00 00 00 00 01 00 >/dev/null 2>&1 || write=$?
  echo "$read $write"
}
out() { sg_persist --no-inquiry --out "$@"; }
"""


@pytest.fixture(scope="module")
def paths(guest, serve_all, tmp_path_factory):
    """The same disk as two initiators see it: the second one has an interface of its own.

    As generic devices: a disk that was opened for writing is read by udev afterwards, conflict or not.
    """
    server = serve_all(disks.sparse(tmp_path_factory.mktemp("disk") / "disk.img", disks.MIB))
    node = f"iscsiadm -m node -T {server.iqn} -p {server.portal},1"
    seen = guest.ok(f"""iscsiadm -m iface -I other -o new >/dev/null
        iscsiadm -m iface -I other -o update -n iface.initiatorname -v {OTHER} >/dev/null
        {node} -I default -o new >/dev/null; {node} -I other -o new >/dev/null
        {node} -l >/dev/null || {{ {node}; exit 1; }}
        await_disks {server.iqn} 0 2 >/dev/null
        for session in /sys/class/iscsi_session/session*; do
          read -r name <$session/initiatorname
          echo "$name" $session/device/target*/*/scsi_generic/*
        done""")
    devices = {line.split()[0]: "/dev/" + line.split()[1].rsplit("/", 1)[1] for line in seen.splitlines()}
    other = devices.pop(OTHER)
    yield devices.popitem()[1], other
    guest.ok(f"udevadm settle; {node} -u >/dev/null; {node} -o delete; iscsiadm -m iface -I other -o delete >/dev/null")


@pytest.mark.parametrize("kind", TYPES)
def test_type(guest, paths, kind, kernel_log):
    kernel_log.expect("Parameters changed", CLEARED)
    holder, other = paths
    name, unregistered, registered = TYPES[kind]
    seen = guest.ok(ATTEMPTS + f"""
        out --register --param-sark=0xa1 {holder}
        out --reserve --param-rk=0xa1 --prout-type={kind} {holder}
        attempt {other}
        out --register --param-sark=0xb2 {other}
        attempt {other}
        attempt {holder}
        sg_persist --no-inquiry --in --read-reservation {other}
        out --clear --param-rk=0xa1 {holder}
        status=0; sg_turs {other} >/dev/null 2>&1 || status=$?
        echo "attention $status"
        sg_persist --no-inquiry --in --read-keys {other}""")
    lines = seen.splitlines()
    assert [line.split() for line in lines[:3]] == [unregistered, registered, ALL], seen
    assert f"type: {name}\n" in seen and "Key=0x" in seen, seen
    assert "attention 6" in seen, "the other registrant hears that the reservation was cleared"
    assert "NO registered reservation keys" in seen


def test_preemption(guest, paths, kernel_log):
    kernel_log.expect("Parameters changed", CLEARED)
    holder, other = paths
    seen = guest.ok(ATTEMPTS + f"""
        out --register --param-sark=0xa1 {holder}
        out --reserve --param-rk=0xa1 --prout-type=3 {holder}
        out --register --param-sark=0xb2 {other}
        out --preempt-abort --param-rk=0xb2 --param-sark=0xa1 --prout-type=3 {other}
        sg_turs {holder} >/dev/null 2>&1 || :
        attempt {other}
        attempt {holder}
        sg_persist --no-inquiry --in --read-full-status {other}
        out --release --param-rk=0xb2 --prout-type=3 {other}
        attempt {holder}
        out --register --param-rk=0xb2 --param-sark=0 {other}""")
    attempts = [line.split() for line in seen.splitlines() if line[0].isdigit()]
    assert attempts == [ALL, NOTHING, ALL], seen
    assert OTHER in seen and "0xb2" in seen and "0xa1" not in seen, seen
