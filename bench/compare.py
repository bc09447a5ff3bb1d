#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lunway beside the other targets in user space that Debian has, and beside bare sockets, doing the same work.

  bench/compare.py            five rounds of five seconds: 20 minutes
  bench/compare.py --quick    one round of a second: a minute

Every server has the same one core, and time only while it is its turn; the load has the other cores. Rounds are
interleaved: whatever changes on the machine meanwhile changes for all."""

import argparse
import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile

import machine
import results
from build import build, install
from contenders import NEEDED_MIB, OURS, Contenders
from plot import Bar, Panel, svg
from servers import is_installed
from works import FOR_INITIATORS, WORKS, Sample, Work

MEMORY = "/dev/shm"
INITIATORS = ("lunway bench", "iscsi-perf")


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare Lunway with other targets and with bare sockets.")
    parser.add_argument("--quick", action="store_true", help="one round of a second each")
    parser.add_argument("--only", metavar="WORDS", default="", help="works whose name has these words: '128 KiB'")
    parser.add_argument("--output", metavar="FOLDER", help="where compare.json and compare.svg go; build/bench")
    arguments = parser.parse_args()
    works = [work for work in [*WORKS, FOR_INITIATORS] if arguments.only in work.name]
    if not works:
        parser.error(f"no work is called {arguments.only}")
    rounds, seconds = (1, 1.0) if arguments.quick else (5, 5.0)
    install("bench")  # What is missing all the same is said to be missing, and the others are measured.
    facts = machine.facts() | {"versions": versions()}
    lunway, wire = build("lunway"), build("bench_wire")
    print(machine.heading(facts), flush=True)
    if shutil.disk_usage(MEMORY).free < NEEDED_MIB << 20:
        raise SystemExit(f"{MEMORY} has no {NEEDED_MIB} MiB left for the volumes")
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        contenders = Contenders(lunway, wire, folder)
        try:
            contenders.start()
            samples = measure(contenders, works, rounds, seconds)
        finally:
            contenders.stop()
    report(facts, rounds, seconds, contenders.missing, samples, arguments.output)
    return 0


Samples = dict[Work, dict[str, list[Sample]]]


def measure(contenders: Contenders, works: list[Work], rounds: int, seconds: float) -> Samples:
    initiators = [name for name in INITIATORS if name == "lunway bench" or is_installed(name)]
    samples: Samples = {}
    for work in works:
        names = initiators if work is FOR_INITIATORS else contenders.names(work)
        samples[work] = {name: [] for name in names}
    for number in range(rounds):
        for work, of_work in samples.items():
            names = list(of_work)
            first = number % len(names)  # nobody always follows the same one
            for name in names[first:] + names[:first]:
                run = contenders.run_initiator if work is FOR_INITIATORS else contenders.run
                of_work[name].append(run(name, work, seconds))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return samples


def report(facts: dict, rounds: int, seconds: float, missing: dict[str, str], samples: Samples,
           output: str | None) -> None:
    for name, why in missing.items():
        print(f"\n{name} was not measured: {why}")
    rows = {work: {name: middle(of_one) for name, of_one in of_work.items()} for work, of_work in samples.items()}
    for work, of_work in rows.items():
        print(f"\n{work.name}\n\n{table(work, of_work)}")
    print()
    result = {"machine": facts, "rounds": rounds, "seconds": seconds, "missing": missing,
              "works": [dataclasses.asdict(work) | {"servers": of_work} for work, of_work in rows.items()]}
    results.write(output, "compare", result, svg("Targets on one core", machine.heading(facts), panels(rows)))


def middle(of_one: list[Sample]) -> dict:
    """Medians; of what is compared, the least and the most as well."""
    iops = results.spread_of([one.iops for one in of_one])
    row = {"iops": iops.median, "iops_low": iops.low, "iops_high": iops.high}
    for key in ("user_us", "system_us", "load_us", "p50_us", "p99_us"):
        values = [value for one in of_one if (value := getattr(one, key)) is not None]
        row[key] = results.spread_of(values).median if values else None
    return row


def table(work: Work, rows: dict[str, dict]) -> str:
    """The last columns: what share of the wire's rate it has, and how many times its rate and its cost are Lunway's."""
    lines = ["| | IOPS | from - to | MB/s | p50 us | p99 us | server us: user + system | load us | of the wire | "
             f"{OURS}'s rate | {OURS}'s cost |", "| --- |" + " ---: |" * 10]
    wire, ours = rows.get("wire"), rows.get(OURS)
    for name, row in rows.items():
        cells = [name, f"{row['iops']:.0f}", f"{row['iops_low']:.0f} - {row['iops_high']:.0f}",
                 f"{row['iops'] * work.block_bytes / 1e6:.0f}", whole(row["p50_us"]), whole(row["p99_us"]),
                 f"{row['user_us']:.2f} + {row['system_us']:.2f}", f"{row['load_us']:.2f}",
                 f"{row['iops'] / wire['iops']:.0%}" if wire else "",
                 ratio(ours and ours["iops"], row["iops"]), ratio(ours and cost(ours), cost(row))]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cost(row: dict) -> float:
    """Of the server, for one operation."""
    return row["user_us"] + row["system_us"]


def whole(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def ratio(ours: float | None, other: float) -> str:
    return f"{ours / other:.2f} x" if ours is not None and other > 0 else ""


def panels(rows: dict[Work, dict[str, dict]]) -> list[Panel]:
    found = []
    for work, of_work in rows.items():
        found.append(Panel(work.name, "per second", [
            Bar(name, row["iops"], row["iops_low"], row["iops_high"], is_ours(name)) for name, row in of_work.items()]))
        key, whose = ("load_us", "the initiator's") if work is FOR_INITIATORS else (None, "the server's")
        found.append(Panel(f"... {whose} processor time", "microseconds each", [
            Bar(name, row[key] if key else cost(row), is_ours=is_ours(name)) for name, row in of_work.items()]))
    return found


def is_ours(name: str) -> bool:
    return name.lower().startswith(OURS.lower())


def versions() -> dict[str, str]:
    """Of the peers, where the system keeps account of them."""
    if not is_installed("dpkg-query"):
        return {}
    said = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", "tgt", "istgt", "libiscsi-bin"],
                          capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}).stdout
    return dict(line.split(" ", 1) for line in said.splitlines())


if __name__ == "__main__":
    sys.exit(main())
