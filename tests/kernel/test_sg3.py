# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""sg3-utils: what they read of a disk, they understand; what they ask of it, it does."""

import re

import pytest

from guest.session import Session
from harness import disks

SIZE = 64 * disks.MIB
COMPLAINT = re.compile(r"malformed|too short|truncat|invalid|unexpected|illegal|failed|unknown|<<|reserved",
                       re.IGNORECASE)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("disks")
    return [disks.numbered(folder / f"{name}.img", SIZE, seed=ord(name)) for name in "ab"]


@pytest.fixture(scope="module")
def units(guest, serve_all, images):
    """Two disks of one target: "/dev/sda", "/dev/sdb"."""
    server = serve_all(*images, luns=2)
    with Session(guest, server.portal, server.iqn) as session:
        yield session.login(luns=(0, 1))


def test_inquiry(guest, units):
    seen = guest.ok(f"sg_inq -d {units[0]}")
    for word in ("PDT=0", "version=0x06", "CmdQue=1", "Vendor identification: LUNWAY", "iSCSI", "SPC-4", "SBC-3"):
        assert word in seen, seen
    assert not COMPLAINT.search(seen), seen


def test_every_page_of_vital_product_data(guest, units):
    seen = guest.ok(f"""for page in $(sg_vpd --page=0 --raw {units[0]} | od -An -v -tx1 -j4); do
        echo "page $page"; sg_vpd --page=0x$page {units[0]}; done 2>&1""")
    assert re.findall(r"^page (..)$", seen, re.MULTILINE) == ["00", "80", "83", "86", "8f", "b0", "b1", "b2"]
    assert not COMPLAINT.search(seen), seen
    for word in ("Unmap command supported (LBPU): 1", "thin provisioned", "Extended copy(LID1)", "type: NAA"):
        assert word in seen, seen


def test_capacity_and_luns(guest, units):
    seen = guest.ok(f"sg_readcap -16 {units[0]}; sg_luns {units[0]}; sg_get_lba_status {units[0]}")
    assert f"Number of logical blocks={SIZE // 512}" in seen and "lbpme=1, lbprz=1" in seen
    assert "0000000000000000" in seen and "0001000000000000" in seen
    assert re.search(r"LBA: 0x0+  blocks: +131072  mapped", seen), seen


def test_mode_and_log_pages(guest, units):
    seen = guest.ok(f"sg_modes -a {units[0]}; sg_modes -a -6 {units[0]}; sg_logs -a {units[0]}")
    for word in ("Read-Write error recovery", "Caching", "Control", "Informational exceptions", "DpoFua=1"):
        assert word in seen, seen
    assert not COMPLAINT.search(seen), seen


def test_supported_commands_and_task_management_functions(guest, units):
    commands = guest.ok(f"sg_opcodes {units[0]}")
    for word in ("Compare and write", "Unmap", "Extended copy(LID1)", "Persistent reserve out, register and move"):
        assert word in commands, commands
    for detail in guest.ok(f"sg_opcodes --rctd {units[0]}; sg_opcodes --opcode=0x9e,0x10 {units[0]}").splitlines():
        assert not COMPLAINT.search(detail), detail
    functions = guest.ok(f"sg_opcodes -t {units[0]}")
    for word in ("Abort task", "Abort task set", "Clear task set", "Logical unit reset", "Query task"):
        assert f"{word}\n" in functions, functions


def test_unmap_and_write_same(guest, units, images):
    guest.ok(f"""sg_unmap --force --lba=2048 --num=2048 {units[0]} >/dev/null
        sg_get_lba_status --lba=2048 {units[0]} >/tmp/status
        grep -q deallocated /tmp/status
        printf w%.0s {{1..512}} >/tmp/w
        sg_write_same --10 --lba=8192 --num=100 --xferlen=512 -i /tmp/w {units[0]}
        sg_write_same --16 --lba=8292 --num=100 --xferlen=512 -i /tmp/w {units[0]}
        sg_write_same --16 --unmap --lba=16384 --num=2048 --xferlen=512 -i /dev/zero {units[0]}
        sg_sync {units[0]}""")
    with open(images[0], "rb") as image:
        for block, count, byte in ((2048, 2048, b"\0"), (8192, 200, b"w"), (16384, 2048, b"\0")):
            image.seek((block - 1) * 512)
            assert image.read(512)[:16] == numbered_head(block - 1)
            assert image.read(count * 512) == byte * count * 512
            assert image.read(512)[:16] == numbered_head(block + count)


def numbered_head(block):
    return ord("a").to_bytes(8, "big") + block.to_bytes(8, "big")


def test_compare_and_write(guest, units):
    guest.ok(f"""dd if={units[0]} of=/tmp/old bs=512 skip=30000 count=1 iflag=direct status=none
        head -c 512 /dev/urandom >/tmp/new
        cat /tmp/old /tmp/new >/tmp/match; cat /tmp/new /tmp/new >/tmp/other
        status=0; sg_compare_and_write --in=/tmp/other --lba=30000 --num=1 {units[0]} || status=$?
        test $status = 14
        dd if={units[0]} bs=512 skip=30000 count=1 iflag=direct status=none | busybox cmp - /tmp/old
        sg_compare_and_write --in=/tmp/match --lba=30000 --num=1 {units[0]}
        dd if={units[0]} bs=512 skip=30000 count=1 iflag=direct status=none | busybox cmp - /tmp/new""")


def test_verify(guest, units):
    guest.ok(f"""sg_verify --lba=0 --count=4096 {units[0]}
        dd if={units[0]} of=/tmp/some bs=512 skip=40000 count=8 iflag=direct status=none
        sg_verify --lba=40000 --count=8 --ndo=4096 --in=/tmp/some {units[0]}
        status=0; sg_verify --lba=40008 --count=8 --ndo=4096 --in=/tmp/some {units[0]} || status=$?
        test $status = 14""")


def test_commands_about_the_unit_itself(guest, units):
    seen = guest.ok(f"""sg_turs --num=10 {units[0]}; sg_requests {units[0]}; sg_senddiag --test {units[0]}
        sg_prevent --prevent=1 {units[0]}; sg_prevent --allow {units[0]}; sg_sync {units[0]}""")
    assert "10 Test Unit Ready commands with 0 errors" in seen and "Sense key: No Sense" in seen


def test_stop_and_start(guest, units):
    """Through the generic device: whoever opens the disk has the kernel start it again."""
    name = units[1].removeprefix("/dev/")
    guest.ok(f"""unit=/dev/$(ls /sys/block/{name}/device/scsi_generic)
        sg_start --stop $unit
        status=0; sg_turs $unit || status=$?
        test $status = 2
        sg_start --start $unit
        sg_turs $unit""")


def test_what_is_not_served_is_refused_in_the_words_of_spc(guest, units):
    seen = guest.ok(f"""for try in "sg_read_buffer -m 2 -l 4" "sg_rep_zones" "sg_write_long --xfer_len=520"; do
        status=0; $try {units[0]} 2>&1 || status=$?; echo "status $status"; done""")
    assert re.findall(r"status (\d+)", seen) == ["9", "9", "9"], seen  # INVALID COMMAND OPERATION CODE


def test_extended_copy(guest, units, images):
    guest.ok(f"""sg_copy_results --params {units[0]} >/dev/null
        sg_xcopy if={units[0]} of={units[1]} bs=512 skip=50000 seek=10000 count=20000
        sg_sync {units[1]}""")
    with open(images[0], "rb") as source, open(images[1], "rb") as copy:
        source.seek(50000 * 512)
        copy.seek(10000 * 512)
        assert copy.read(20000 * 512) == source.read(20000 * 512)


def test_sanitize(guest, units, images):
    guest.ok(f"sg_sanitize --overwrite --zero --quick --wait {units[1]} >/dev/null; sg_turs {units[1]}")
    assert images[1].read_bytes() == bytes(SIZE)


def test_reset_under_load(guest, units):
    """A reset of the unit or the target ends the commands that run; the kernel sends them again."""
    seen = guest.ok(f"""fio --name=v --filename={units[0]} --rw=randwrite --bs=8k --size=8M --offset=32M --direct=1 \
            --ioengine=libaio --iodepth=16 --verify=crc32c --verify_fatal=1 --loops=3 >/tmp/fio 2>&1 &
        load=$!
        writing() {{ local reads writes; read -r reads writes </sys/block/{units[0].removeprefix("/dev/")}/inflight
          ((writes > 0)); }}
        for way in -d -t -d; do
          await 20 writing
          sg_reset $way {units[0]}
          echo "reset $way"
        done
        wait $load || {{ cat /tmp/fio; exit 1; }}
        grep 'err= 0' /tmp/fio""")
    assert seen.count("reset -") == 3, seen


def test_target_port_groups(guest, serve, tmp_path):
    config = tmp_path / "lunway.toml"
    config.write_text(f"""[[portal_group]]
tag = 1
listen = ["127.0.0.1:0"]
[volume.a]
memory = "8MiB"
[[target]]
name = "iqn.2026-11.io.example:alua"
luns = {{ 0 = "a" }}
alua = {{ states = {{ 1 = "optimized" }}, initiators_may_set = true }}
[server]
state = "{tmp_path}"
""")
    server = serve("--config", config)
    with Session(guest, server.portal, server.iqn) as session:
        device = session.login()[0]
        seen = guest.ok(f"sg_rtpg --decode --extended {device}; sg_stpg --active {device}; sg_rtpg -d {device}")
        assert "active/optimized" in seen and "active/non optimized" in seen, seen
        assert not COMPLAINT.search(seen), seen
