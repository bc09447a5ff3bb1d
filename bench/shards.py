#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What more shards bring, and what a busy session takes from others on its shard.

  bench/shards.py            five rounds of five seconds of each
  bench/shards.py --quick    one round of a second

The machine is cut in two: shards have a core each in its upper half, the load has the lower half, in every row the
same. Rounds are interleaved."""

import argparse
import json
import subprocess
import sys
import tempfile

import machine
import results
from build import build
from plot import Bar, Panel, svg
from servers import Lunway

DEPTH = 32
MEMORY = ["--memory", "128MiB"]
SESSIONS_PER_SHARD = 3
# A neighbour that always has megabytes under way in both directions.
NEIGHBOUR = ["--rw", "rw", "--bs", "128KiB", "--depth", "64"]


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure what more shards bring, and what neighbours cost.")
    parser.add_argument("--quick", action="store_true", help="one round of a second each")
    parser.add_argument("--output", metavar="FOLDER", help="where shards.json and shards.svg go; build/bench")
    arguments = parser.parse_args()
    rounds, seconds = (1, 1) if arguments.quick else (5, 5)
    facts = machine.facts()
    program = build("lunway")
    print(machine.heading(facts), flush=True)
    cores = machine.cores()
    load_cores, shard_cores = cores[:len(cores) // 2], cores[len(cores) // 2:]
    scaling = {count: [] for count in range(1, len(shard_cores) + 1)}
    neighbours: dict[str, list] = {"alone": [], "beside a busy session": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for count, measured in scaling.items():
                measured.append(measure_shards(program, folder, shard_cores[:count], load_cores, seconds))
            for name, measured in neighbours.items():
                is_busy = name != "alone"
                measured.append(measure_neighbour(program, folder, shard_cores[:1], load_cores, seconds, is_busy))
    rows = {"shards": [{"shards": count} | middle(measured) for count, measured in scaling.items()],
            "neighbours": [{"name": name} | middle(measured) for name, measured in neighbours.items()]}
    print(tables(rows))
    results.write(arguments.output, "shards", {"machine": facts, "rounds": rounds, "seconds": seconds} | rows,
                  svg("Shards", machine.heading(facts), panels(rows)))
    return 0


def measure_shards(program: str, folder: str, shard_cores: list[int], load_cores: list[int], seconds: int) -> dict:
    server = Lunway(program, folder, MEMORY, shard_cores)
    try:
        before = server.processor_time()
        sessions = SESSIONS_PER_SHARD * len(shard_cores)
        report = bench(program, server.url, load_cores, seconds, "--rw", "randread", "--bs", "4KiB", "--depth",
                       str(DEPTH), "--sessions", str(sessions), "--threads", str(len(load_cores)))["read"]
        spent = server.processor_time() - before
        return {"iops": report["iops"], "server_us": (spent.user + spent.system) / report["commands"] * 1e6}
    finally:
        server.stop()


def measure_neighbour(program: str, folder: str, shard_cores: list[int], load_cores: list[int], seconds: int,
                      is_busy: bool) -> dict:
    """A session that reads one block at a time, on the only shard there is."""
    server = Lunway(program, folder, MEMORY, shard_cores)
    neighbour = None
    try:
        if is_busy:
            words = command(program, server.url, load_cores[1:] or load_cores, seconds + 60, *NEIGHBOUR)
            neighbour = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        report = bench(program, server.url, load_cores[:1], seconds, "--rw", "randread", "--bs", "4KiB", "--depth", "1")
        return {"iops": report["read"]["iops"], "p50_us": report["read"]["p50_us"], "p99_us": report["read"]["p99_us"]}
    finally:
        if neighbour is not None:
            neighbour.terminate()
            neighbour.wait()
        server.stop()


def command(program: str, url: str, on_cores: list[int], seconds: int, *words: str) -> list[str]:
    return ["taskset", "-c", ",".join(map(str, on_cores)), program, "bench", "--json", "--time", str(seconds), *words,
            url]


def bench(program: str, url: str, on_cores: list[int], seconds: int, *words: str) -> dict:
    run = subprocess.run(command(program, url, on_cores, seconds, *words), stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout)


def middle(measured: list[dict]) -> dict:
    row = {}
    for key in measured[0]:
        spread = results.spread_of([one[key] for one in measured])
        row |= {key: spread.median, f"{key}_low": spread.low, f"{key}_high": spread.high}
    return row


def tables(rows: dict[str, list[dict]]) -> str:
    first = rows["shards"][0]["iops"]
    lines = ["", "| shards | IOPS | from - to | of one shard | server us per read |", "| ---: |" + " ---: |" * 4]
    for row in rows["shards"]:
        lines.append(f"| {row['shards']} | {row['iops']:.0f} | {row['iops_low']:.0f} - {row['iops_high']:.0f} | "
                     f"{row['iops'] / first:.2f} x | {row['server_us']:.2f} |")
    lines += ["", "| one block at a time | IOPS | p50 us | p99 us |", "| --- |" + " ---: |" * 3]
    for row in rows["neighbours"]:
        lines.append(f"| {row['name']} | {row['iops']:.0f} | {row['p50_us']:.0f} | {row['p99_us']:.0f} |")
    return "\n".join(lines)


def panels(rows: dict[str, list[dict]]) -> list[Panel]:
    return [Panel(f"4 KiB random reads, {SESSIONS_PER_SHARD} sessions a shard, depth {DEPTH} each", "per second",
                  [Bar(f"{row['shards']} shards", row["iops"], row["iops_low"], row["iops_high"])
                   for row in rows["shards"]]),
            Panel("Latency of one block at a time, p99", "microseconds",
                  [Bar(row["name"], row["p99_us"], row["p99_us_low"], row["p99_us_high"])
                   for row in rows["neighbours"]])]


if __name__ == "__main__":
    sys.exit(main())
