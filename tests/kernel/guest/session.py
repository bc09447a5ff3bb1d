# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""open-iscsi in a guest, logged in to one target."""


class Session:
    """login() and logout() are iscsiadm's; settings are those of its node records."""

    def __init__(self, guest, portal, iqn, settings=None):
        self.guest, self.portal, self.iqn = guest, portal, iqn
        self.node = f"iscsiadm -m node -T {iqn} -p {portal}"
        script = f"{self.node} -o new"
        for name, value in (settings or {}).items():
            script += f"\n{self.node} -o update -n '{name}' -v '{value}'"
        guest.ok(script)

    def login(self, luns=(0,), sessions=1):
        """Returns the device of each LUN: "/dev/sda"; with several sessions, a list for each."""
        script = f"{self.node} -l >/dev/null\n"
        script += "\n".join(f"await_disks {self.iqn} {lun} {sessions}" for lun in luns)
        lines = [[f"/dev/{disk}" for disk in line.split()] for line in self.guest.ok(script).splitlines()]
        self.devices = lines if sessions > 1 else [line[0] for line in lines]
        return self.devices

    def logout(self):
        """And forgets the record. Udev may still be reading a disk that was written to."""
        self.guest.ok(f"udevadm settle; {self.node} -u >/dev/null; {self.node} -o delete")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.guest.run(f"udevadm settle -t 10; {self.node} -u; {self.node} -o delete")
