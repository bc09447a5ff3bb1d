# SPDX-License-Identifier: Apache-2.0
"""Runs the checks of a grade (quick, normal, full) and prints the totals. ./check calls it."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import steps
from commands import COMMANDS, LOGS
from results import Results, failed

ONE_AT_A_TIME = threading.Lock()  # Around the totals and what is printed.

Step = tuple[str, Callable[[], Results]]
Lane = list[Step]  # One after the other.

QUICK: Lane = [
    ("format", steps.check_format),
    ("tidy", steps.check_tidy),
    ("ledger", steps.check_ledger),
    ("tests of tools", steps.check_tools),
    ("shellcheck", steps.check_shell),
    ("release build", steps.check_release),
    ("debug build, unit tests", steps.check_unit_tests),
    ("simulator", steps.check_simulator),
]
# Tests with peers mostly wait, and clang-tidy mostly computes: side by side they keep every processor busy.
COMPUTES: Lane = [("clang-tidy", steps.check_lint)]
WAITS: Lane = [("interop", steps.check_interop), ("Linux kernel", steps.check_kernel)]


def lanes_of(grade: str) -> list[list[Lane]]:
    """What runs one after the other, each a list of lanes that run at the same time."""
    if grade == "quick":
        return [[QUICK]]
    full = grade == "full"
    after: Lane = [
        ("instructions per command", steps.check_instructions),
        ("ThreadSanitizer", lambda: steps.check_threads(all_rooms=full)),
        ("fuzz", lambda: steps.check_fuzzers(seconds=60 if full else 5)),
    ]
    return [[QUICK], [COMPUTES, WAITS], [after]]


def run_lanes(lanes: list[Lane], totals: Results) -> None:
    with ThreadPoolExecutor(len(lanes)) as pool:
        futures = [pool.submit(run_lane, lane, totals) for lane in lanes]
        try:
            for future in futures:
                future.result()
        except KeyboardInterrupt:
            COMMANDS.end_all()
            raise


def run_lane(lane: Lane, totals: Results) -> None:
    for name, step in lane:
        start = time.monotonic()
        results = run_step(name, step)
        if COMMANDS.over:
            return  # What was interrupted says nothing.
        with ONE_AT_A_TIME:
            tell(name, results, time.monotonic() - start)
            totals.add(results)


def run_step(name: str, step: Callable[[], Results]) -> Results:
    if sys.stdout.isatty():
        print(f"...   {name}", end="\r", flush=True)
    try:
        return step()
    except Exception as error:  # A check that cannot run is a failed check; the others still run.
        return failed(name, f"{type(error).__name__}: {error}")


def tell(name: str, results: Results, time_s: float) -> None:
    word = "FAIL" if results.failures else "ok" if results.passed else "skip"
    print(f"{word:4}  {name}: {results.total_line()} ({time_s:.0f} s)", flush=True)
    for what, log in results.failures:
        print(f"\n--- {what}\n{log}\n", flush=True)


def main() -> int:
    # Asked to end, it ends what it has started and still says its totals, as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.makedirs(LOGS, exist_ok=True)
    totals = Results()
    try:
        for lanes in lanes_of(sys.argv[1]):
            run_lanes(lanes, totals)
    except KeyboardInterrupt:
        totals.add(failed("interrupted", ""))
    for what, reason in totals.skips:
        print(f"skipped  {what}: {reason}")
    for what, _ in totals.failures:
        print(f"failed   {what}")
    print(totals.total_line())
    return totals.exit_status()


if __name__ == "__main__":
    sys.exit(main())
