# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Who may reach what, as libiscsi's tools see it under names of their own."""

import re

import pytest

from harness import machine
from harness.process import run, run_ok

DISK, TAPE = "iqn.2026-11.io.example:disk", "iqn.2026-11.io.example:tape"
FRIEND, STRANGER = "iqn.2026-11.io.example:friend", "iqn.2026-11.io.example:stranger"
AUTHORIZATION_FAILURE = "Authorization failure"

TWO_TARGETS = """
[server]
shards = 1

[[portal_group]]
tag = 1
listen = ["{listen}"]

[volume.a]
memory = "1MiB"

[volume.b]
memory = "2MiB"

[[target]]
name = "{disk}"
luns = {{ 0 = "a", 1 = "b" }}
{disk_keys}

[[target]]
name = "{tape}"
luns = {{ 0 = "a" }}
{tape_keys}
"""


@pytest.fixture
def two_targets(serve, tmp_path):
    """two_targets(KEYS) starts a server with the targets DISK (two LUNs, and these keys) and TAPE (one LUN)."""
    def start(disk_keys="", tape_keys="", listen="127.0.0.1:0", luns=3, more=""):
        config = tmp_path / f"config-{len(list(tmp_path.glob('config-*')))}.toml"
        config.write_text(TWO_TARGETS.format(disk=DISK, tape=TAPE, disk_keys=disk_keys, tape_keys=tape_keys,
                                             listen=listen) + more)
        return serve("--config", config, luns=luns)
    return start


def url(server, target=DISK, lun=0):
    return f"iscsi://{server.portal}/{target}/{lun}"


def listed(peers, server, name):
    out = run_ok(peers.find("iscsi-ls"), "-i", name, f"iscsi://{server.portal}").out
    return sorted(re.findall(r"Target:(\S+)", out))


def inquire(peers, name, where):
    return run(peers.find("iscsi-inq"), "-i", name, where)


def assert_unauthorized(outcome):
    assert outcome.code != 0, str(outcome)
    assert AUTHORIZATION_FAILURE.lower() in (outcome.out + outcome.err).lower(), str(outcome)


def test_a_target_is_listed_for_who_may_use_it(two_targets, peers, capture):
    server = two_targets(f'initiators = ["{FRIEND}"]')
    capture(server.port)
    assert listed(peers, server, FRIEND) == [DISK, TAPE]
    assert listed(peers, server, STRANGER) == [TAPE]


def test_a_stranger_fails_authorization(two_targets, peers, capture):
    server = two_targets(f'initiators = ["{FRIEND}"]')
    capture(server.port)
    assert inquire(peers, FRIEND, url(server)).code == 0
    assert_unauthorized(inquire(peers, STRANGER, url(server)))
    assert inquire(peers, STRANGER, url(server, TAPE)).code == 0


def test_who_comes_from_elsewhere_fails_authorization(two_targets, peers):
    server = two_targets('initiator_addresses = ["192.0.2.0/24"]', 'initiator_addresses = ["127.0.0.0/8"]')
    assert listed(peers, server, FRIEND) == [TAPE]
    assert_unauthorized(inquire(peers, FRIEND, url(server)))
    assert inquire(peers, FRIEND, url(server, TAPE)).code == 0


def test_ipv6_addresses_are_listed_too(two_targets, peers):
    machine.need_ipv6()
    server = two_targets('initiator_addresses = ["::1"]', 'initiator_addresses = ["2001:db8::/32"]', listen="[::1]:0")
    assert listed(peers, server, FRIEND) == [DISK]
    assert inquire(peers, FRIEND, url(server)).code == 0
    assert_unauthorized(inquire(peers, FRIEND, url(server, TAPE)))


def luns_seen(peers, server, name):
    """LUNs by target, as iscsi-ls finds them with REPORT LUNS and INQUIRY."""
    seen = {}
    for line in run_ok(peers.find("iscsi-ls"), "-s", "-i", name, f"iscsi://{server.portal}").out.splitlines():
        if found := re.match(r"Target:(\S+)", line):
            luns = seen.setdefault(found[1], [])
        elif found := re.match(r"Lun:(\d+) +Type:DIRECT_ACCESS", line):
            luns.append(int(found[1]))
    return seen


def test_each_initiator_sees_its_luns(two_targets, peers, capture):
    server = two_targets(f"""lun_access = [
      {{ initiators = ["{FRIEND}"], luns = [0, 1] }},
      {{ initiators = ["iqn.2026-11.io.example:*"], luns = [1] }},
    ]""")
    capture(server.port)
    assert luns_seen(peers, server, FRIEND) == {DISK: [0, 1], TAPE: [0]}
    assert luns_seen(peers, server, STRANGER) == {DISK: [1], TAPE: [0]}


def test_a_lun_that_is_not_shown_cannot_be_used(two_targets, peers):
    server = two_targets(f'lun_access = [{{ initiators = ["{FRIEND}"], luns = [0, 1] }},\n'
                         f'              {{ initiators = ["{STRANGER}"], luns = [0] }}]')
    capacity = peers.find("iscsi-readcapacity16")
    run_ok(capacity, "-i", FRIEND, url(server, lun=1))
    run_ok(capacity, "-i", STRANGER, url(server, lun=0))
    assert run(capacity, "-i", STRANGER, url(server, lun=1)).code != 0


def test_a_redirection_is_followed(two_targets, peers, capture):
    there = two_targets(f'initiators = ["{FRIEND}"]')
    here = two_targets(f'initiators = ["{FRIEND}"]\nredirect = {{ to = "{there.portal}" }}', luns=1)
    capture(here.port)
    capture(there.port)
    inquired = inquire(peers, FRIEND, url(here))
    assert inquired.code == 0, str(inquired)
    assert "Vendor:LUNWAY" in inquired.out, str(inquired)
    assert_unauthorized(inquire(peers, STRANGER, url(here)))


def test_a_permanent_redirection_is_told(two_targets, peers, capture):
    """libiscsi 1.19 follows temporary ones only: the address is read from the wire."""
    here = two_targets('redirect = { to = "192.0.2.7:3261", permanent = true }', luns=1)
    recorded = capture(here.port)
    inquired = inquire(peers, FRIEND, url(here))
    assert "moved permanently" in inquired.err, str(inquired)
    recorded.stop()
    texts = recorded.fields("iscsi.login.status == 0x0102", "iscsi.keyvalue")
    assert texts and all("TargetAddress=192.0.2.7:3261" in keys.split(",") for keys, *_ in texts), texts


def test_a_redirection_is_followed_over_ipv6(two_targets, peers):
    machine.need_ipv6()
    there = two_targets(listen="[::1]:0")
    here = two_targets(f'redirect = {{ to = "{there.portal}" }}', luns=1)
    assert inquire(peers, FRIEND, url(here)).code == 0


def test_discovery_asks_for_its_own_secret(two_targets, peers, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("correct-horse-battery\n")
    chap = f'chap = {{ user = "disco", secret_file = "{secret}" }}'
    server = two_targets(more=f"\n[discovery]\n{chap}\n")
    ls = peers.find("iscsi-ls")
    assert run(ls, f"iscsi://{server.portal}").code != 0
    assert run(ls, f"iscsi://disco%wrong-horse-battery@{server.portal}").code != 0
    assert DISK in run_ok(ls, f"iscsi://disco%correct-horse-battery@{server.portal}").out
    assert inquire(peers, FRIEND, url(server)).code == 0, "a target without CHAP asks for none"


def test_a_user_of_one_target_opens_no_other(two_targets, peers, tmp_path):
    for user in ("app", "backup"):
        (tmp_path / user).write_text(f"secret-of-{user}\n")
    server = two_targets(*(f'chap = {{ user = "{user}", secret_file = "{tmp_path / user}" }}'
                           for user in ("app", "backup")))

    def opens(user, target):
        return inquire(peers, FRIEND, url(server, target).replace("//", f"//{user}%secret-of-{user}@")).code == 0

    assert opens("app", DISK) and opens("backup", TAPE)
    assert not opens("app", TAPE) and not opens("backup", DISK)


def test_a_user_is_bound_to_its_initiators(two_targets, peers, tmp_path, capture):
    for user in ("app", "backup"):
        (tmp_path / user).write_text(f"secret-of-{user}\n")
    server = two_targets(f"""chap = [
      {{ user = "app", secret_file = "{tmp_path / "app"}", initiators = ["{FRIEND}"] }},
      {{ user = "backup", secret_file = "{tmp_path / "backup"}", initiators = ["iqn.2026-11.io.example:str*"] }},
    ]""")
    capture(server.port)

    def opens(user, name):
        return inquire(peers, name, url(server).replace("//", f"//{user}%secret-of-{user}@")).code == 0

    assert opens("app", FRIEND) and opens("backup", STRANGER)
    assert not opens("app", STRANGER) and not opens("backup", FRIEND)
    assert listed(peers, server, FRIEND) == [DISK, TAPE]
    assert listed(peers, server, "iqn.2026-11.io.example:nobody") == [TAPE]


def test_a_portal_that_cannot_be_protected_is_not_served(cli, lunway, tmp_path):
    """Where the kernel has no ESP. Where it has, what comes in the clear is not answered."""
    config = tmp_path / "config.toml"
    config.write_text('[[portal_group]]\nlisten = ["127.0.0.1:0"]\nipsec = "require"\n[volume.a]\nmemory = "1MiB"\n'
                      f'[[target]]\nname = "{DISK}"\nluns = {{ 0 = "a" }}\n')
    assert cli("check-config", config).code == 0
    # "timeout" ends a server that did start: then there is nothing to refuse here.
    outcome = run("timeout", "3", lunway, "serve", "--config", config)
    if outcome.code == 124:
        pytest.skip("this kernel has ESP, and the process may use it: the refusal cannot be seen")
    assert outcome.code == 1, str(outcome)
    assert "ready" not in outcome.out
    assert len(outcome.err.splitlines()) == 1 and "demands IPsec" in outcome.err, str(outcome)
