# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""The target or the way to it is gone for a while: the kernel comes back, and nothing that it was told is lost."""

import time

import pytest

from guest.session import Session
from harness import disks

# Out of open-iscsi's minutes into seconds.
QUICK = {"node.conn[0].timeo.noop_out_interval": 1, "node.conn[0].timeo.noop_out_timeout": 2,
         "node.session.initial_login_retry_max": 60}
WRITE_AND_FLUSH = """mkfs.ext4 -q {device}; mount {device} /mnt
for number in {{1..{count}}}; do
  head -c 100000 /dev/urandom >/mnt/$number
  sync -d /mnt/$number
  sha256sum /mnt/$number
done
umount /mnt"""


@pytest.fixture
def outage(kernel_log):
    """The kernel must have noticed."""
    kernel_log.expect(r"ping timeout|session recovery timed out", "there is an outage")
    yield
    assert any("detected conn error" in line for line in kernel_log.read())


def begin_writing(guest, device, count):
    """A file system on which file after file is flushed, until the caller has seen 3 of them."""
    writing = guest.begin("set -e\n" + WRITE_AND_FLUSH.format(device=device, count=count), limit_s=70)
    deadline = time.monotonic() + 30
    while guest.output_of(writing).count("/mnt/") < 3:
        assert time.monotonic() < deadline, guest.output_of(writing)
        time.sleep(0.1)
    return writing


def assert_all_is_there(guest, device, writing):
    """Every file that was flushed, before, during and after the outage, read from the disk again."""
    outcome = guest.end(writing)
    assert outcome.code == 0, str(outcome)
    (guest.shared / "sums").write_text(outcome.out)
    guest.ok(f"""e2fsck -fn {device} >/tmp/check 2>&1 || {{ cat /tmp/check; exit 1; }}
        mount {device} /mnt; sha256sum --quiet -c /host/sums; umount /mnt""")


def test_the_target_is_killed_and_comes_back(guest, serve, peers, outage, free_port, tmp_path):
    arguments = (disks.sparse(tmp_path / "disk.img", 64 * disks.MIB),)
    server = serve(*arguments, listen=f"127.0.0.1:{free_port}")
    with Session(guest, server.portal, server.iqn, QUICK) as session:
        device = session.login()[0]
        writing = begin_writing(guest, device, 25)
        server.crash()
        time.sleep(2)
        serve(*arguments, listen=f"127.0.0.1:{free_port}")
        assert_all_is_there(guest, device, writing)
        session.logout()
    disks.assert_clean_file_system(peers, tmp_path / "disk.img")


def test_the_cable_is_pulled_out(guest, serve, outage, tmp_path):
    server = serve(disks.sparse(tmp_path / "disk.img", 64 * disks.MIB))
    with Session(guest, server.portal, server.iqn, QUICK) as session:
        device = session.login()[0]
        writing = begin_writing(guest, device, 25)
        guest.cable.plug(False)
        guest.ok("await 30 eval 'dmesg | grep \"detected conn error\"'")
        guest.cable.plug(True)
        assert_all_is_there(guest, device, writing)


def test_multipath_goes_on_over_the_other_portal(guest, serve, kernel_log, outage, tmp_path):
    """Two portals, a session through each; one is cut off under load and comes back."""
    kernel_log.expect(r"device-mapper: multipath: .*(Failing|Reinstating) path|rejecting I/O to offline device|"
                      r"\[sd.\] .*FAILED Result: hostbyte=DID_TRANSPORT|CDB: |I/O error, dev|"
                      "recoverable transport error, dev", "one path of two fails")
    server = serve(disks.sparse(tmp_path / "disk.img", 64 * disks.MIB), "--listen", "127.0.0.2:0", luns=2)
    portals = [url.split("/")[2] for url in server.urls]
    quick = QUICK | {"node.session.timeo.replacement_timeout": 1}
    with Session(guest, portals[0], server.iqn, quick) as one, Session(guest, portals[1], server.iqn, quick) as two:
        guest.ok(f"{one.node} -l >/dev/null; {two.node} -l >/dev/null; await_disks {server.iqn} 0 2")
        device = guest.ok(r"""cat >/etc/multipath.conf <<END
defaults {
  find_multipaths no
  path_grouping_policy multibus
  polling_interval 1
  no_path_retry queue
}
blacklist {
  devnode "^(ubd|loop|ram)"
}
END
            modprobe -a dm-multipath dm-service-time
            multipathd
            await 20 eval 'test "$(multipath -ll | grep -c "active ready running")" = 2' >/dev/null
            udevadm settle; ls /dev/mapper/[0-9]*""").splitlines()[-1]
        try:
            writing = begin_writing(guest, device, 25)
            address = portals[0].split(":")[0]
            guest.ok(f"""ip route add blackhole {address}/32
                await 30 eval 'dmesg | grep "Failing path"'
                ip route del blackhole {address}/32""")
            assert_all_is_there(guest, device, writing)
            guest.ok("""await 20 eval 'test "$(multipath -ll | grep -c "active ready running")" = 2'""")
        finally:
            guest.run("umount /mnt; multipath -F; multipathd shutdown; multipath -F")
