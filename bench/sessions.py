#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What sessions cost that are only there: memory of each, logins, and what they do to the one that is used.

  bench/sessions.py            1, 100, 1,000 and 10,000 sessions, five rounds of five seconds at each
  bench/sessions.py --quick    the same, one round of two seconds"""

import argparse
import json
import subprocess
import sys
import tempfile
import time

import machine
import results
from build import build
from idle_sessions import IdleSessions
from plot import Bar, Panel, svg
from servers import IQN, Lunway

COUNTS = (1, 100, 1000, 10_000)
DEPTH = 32
SPARE_DESCRIPTORS = 100
# Processor time comes in hundredths of a second: of fewer logins it says nothing.
LOGINS_WORTH_A_TIME = 500


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure what sessions cost that are only there.")
    parser.add_argument("--quick", action="store_true", help="one round of two seconds for each number of sessions")
    parser.add_argument("--output", metavar="FOLDER", help="where sessions.json and sessions.svg go; build/bench")
    arguments = parser.parse_args()
    rounds, seconds = (1, 2) if arguments.quick else (5, 5)
    if machine.raise_descriptor_limit() < max(COUNTS) + SPARE_DESCRIPTORS:
        raise SystemExit(f"the hard limit of open files (ulimit -Hn) is below {max(COUNTS) + SPARE_DESCRIPTORS}")
    facts = machine.facts()
    program = build("lunway")
    print(machine.heading(facts), flush=True)
    rows = measure(program, rounds, seconds)
    print(table(rows))
    results.write(arguments.output, "sessions", {"machine": facts, "rounds": rounds, "seconds": seconds, "rows": rows},
                  svg("Idle sessions", machine.heading(facts), panels(rows)))
    return 0


def measure(program: str, rounds: int, seconds: int) -> list[dict]:
    """The sessions of a row stay for the next: the last row has 10,000 at once."""
    with tempfile.TemporaryDirectory() as folder:
        server = Lunway(program, folder, ["--memory", "256MiB"])
        idle = IdleSessions(server.address(), IQN)
        try:
            # What the first session ever allocates, and the buffers of a busy one, are not the price of a session.
            use(program, server, idle, 1)
            empty_bytes = server.anonymous_bytes()
            return [measure_row(program, server, idle, count, empty_bytes, rounds, seconds) for count in COUNTS]
        finally:
            idle.close()
            server.stop()


def measure_row(program: str, server: Lunway, idle: IdleSessions, count: int, empty_bytes: int, rounds: int,
                seconds: int) -> dict:
    """`count` sessions, of which one is used."""
    logins = count - 1 - len(idle)
    before, began = server.processor_time(), time.monotonic()
    idle.open(logins)
    took, spent = time.monotonic() - began, server.processor_time() - before
    row: dict = {"sessions": count}
    if logins > 0:
        row["bytes_per_session"] = round((server.anonymous_bytes() - empty_bytes) / len(idle))
        row["logins_per_s"] = round(logins / took)
    if logins >= LOGINS_WORTH_A_TIME:
        row["login_user_us"] = round(spent.user / logins * 1e6, 1)
        row["login_system_us"] = round(spent.system / logins * 1e6, 1)
    measured = [use(program, server, idle, seconds) for _ in range(rounds)]
    for key in measured[0]:
        spread = results.spread_of([one[key] for one in measured])
        row |= {key: spread.median, f"{key}_low": spread.low, f"{key}_high": spread.high}
    return row


def use(program: str, server: Lunway, idle: IdleSessions, seconds: int) -> dict[str, float]:
    """A load on one more session; the idle ones answer their pings meanwhile."""
    before = server.processor_time()
    command = ["taskset", "-c", ",".join(map(str, machine.client_cores())), program, "bench", "--json",
               "--threads", "1", "--rw", "randread", "--bs", "4KiB", "--depth", str(DEPTH), "--time", str(seconds),
               server.url]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as load:
        while load.poll() is None:
            idle.answer_pings(0.1)
        report = json.loads(load.stdout.read())["read"]
    spent = server.processor_time() - before
    return {"iops": report["iops"], "p99_us": report["p99_us"], "user_us": spent.user / report["commands"] * 1e6,
            "system_us": spent.system / report["commands"] * 1e6}


def table(rows: list[dict]) -> str:
    lines = [f"| sessions | KiB each | logins/s | server us per login | IOPS of the one that reads | p99 us | "
             "server us per read: user + system |", "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for row in rows:
        idle = ["", ""]
        if "logins_per_s" in row:
            idle = [f"{row['bytes_per_session'] / 1024:.1f}", str(row["logins_per_s"])]
        login = f"{row['login_user_us']:.0f} + {row['login_system_us']:.0f}" if "login_user_us" in row else ""
        cells = [str(row["sessions"]), *idle, login, f"{row['iops']:.0f}", f"{row['p99_us']:.0f}",
                 f"{row['user_us']:.2f} + {row['system_us']:.2f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def panels(rows: list[dict]) -> list[Panel]:
    label = "{:,} sessions".format
    return [
        Panel("Memory of an idle session", "KiB",
              [Bar(label(row["sessions"]), row["bytes_per_session"] / 1024) for row in rows if "logins_per_s" in row]),
        Panel("Logins", "per second",
              [Bar(label(row["sessions"]), row["logins_per_s"]) for row in rows if "logins_per_s" in row]),
        Panel(f"4 KiB random reads of one session, depth {DEPTH}", "per second",
              [Bar(label(row["sessions"]), row["iops"], row["iops_low"], row["iops_high"]) for row in rows]),
        Panel("Server's processor time per read", "microseconds",
              [Bar(label(row["sessions"]), row["user_us"] + row["system_us"]) for row in rows])]


if __name__ == "__main__":
    sys.exit(main())
