# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""`lunway bench`: figures that hold together, and data that is what was written, whatever ends the commands early."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from harness.raw import RawConnection

TIME_S = 2
DIGESTS = ["none", "crc32c"]


def bench(cli, url, *options):
    outcome = cli("bench", "--json", "--time", str(TIME_S), *options, url)
    assert outcome.code == 0, str(outcome)
    result = json.loads(outcome.out)
    # What stays unanswered until a time limit makes the run much longer than asked.
    assert result["seconds"] < TIME_S + 5, outcome.out
    return result


@pytest.mark.parametrize("pattern", ["read", "write", "rw", "randread", "randwrite", "randrw"])
def test_patterns(serve, cli, pattern):
    result = bench(cli, serve("--memory", "32MiB").url(), "--rw", pattern, "--depth", "8")
    for direction, runs in (("read", pattern not in ("write", "randwrite")), ("write", "read" not in pattern)):
        figures = result[direction]
        assert (figures["commands"] > 0) == runs
        if runs:
            assert figures["bytes_per_s"] == pytest.approx(figures["iops"] * 4096)
            assert 0 < figures["p50_us"] <= figures["p99_us"] <= figures["p99.9_us"] <= figures["max_us"]


@pytest.mark.parametrize("header_digest", DIGESTS)
@pytest.mark.parametrize("data_digest", DIGESTS)
def test_data_survives_aborts_and_resets(serve, cli, header_digest, data_digest):
    url = serve("--memory", "32MiB").url() + f"?header_digest={header_digest}&data_digest={data_digest}"
    result = bench(cli, url, "--rw", "randrw", "--verify", "--size", "16MiB", "--sessions", "3", "--depth", "16",
                   "--aborts", "20", "--reset-every", "2000")
    assert result["verified"] and result["reads_verified"] > 1000
    assert result["aborted"] > 10 and result["resets"] > 0


@pytest.mark.parametrize("block", ["512", "64KiB", "1MiB"])
def test_data_of_any_size(serve, cli, tmp_path, block):
    server = serve("--create", "64MiB", str(tmp_path / "disk.img"))
    result = bench(cli, server.url(), "--rw", "randrw", "--verify", "--size", "64MiB", "--bs", block, "--depth", "4",
                   "--aborts", "10")
    assert result["verified"] and result["reads_verified"] > 10


def test_wrong_data_is_found(serve, cli):
    """Two runs on one range: each overwrites what the other has written, and must notice."""
    server = serve("--memory", "1MiB", "--shards", "2")
    run = ["bench", "--time", str(TIME_S), "--rw", "randrw", "--verify", "--size", "512KiB", "--depth", "4",
           server.url()]
    with ThreadPoolExecutor() as pool:
        outcomes = list(pool.map(lambda _: cli(*run), range(2)))
    assert any(outcome.code == 1 and "wrong data: block" in outcome.err for outcome in outcomes), outcomes


@pytest.mark.parametrize("options", [["--bs", "1000"], ["--bs", "32MiB"], ["--size", "1TiB"], ["--rw", "sideways"],
                                     ["--depth", "0"], ["--size", "8KiB"]])
def test_wrong_calls(serve, cli, options):
    outcome = cli("bench", "--time", "0.1", *options, serve("--memory", "1MiB").url())
    assert outcome.code == 2, str(outcome)
    assert len(outcome.err.strip().splitlines()) == 1


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_server_at_rest_takes_no_processor_time(serve, cli):
    """It looks for work before it sleeps, but not for ever: also with a session that is there and asks for nothing."""
    server = serve("--memory", "32MiB", "--shards", "2")
    bench(cli, server.url(), "--depth", "1")
    with RawConnection(server) as connection:
        connection.login()
        before = processor_seconds(server.process.pid)
        time.sleep(3)
        assert processor_seconds(server.process.pid) - before <= 0.1
        assert connection.is_silent()
