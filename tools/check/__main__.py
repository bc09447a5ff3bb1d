# SPDX-License-Identifier: Apache-2.0
"""Runs the checks of a grade (quick, normal, full) and prints the totals. ./check calls it."""

import os
import signal
import sys
import time
from collections.abc import Callable

import steps
from results import Results, failed

QUICK = [
    ("format", steps.check_format),
    ("tidy", steps.check_tidy),
    ("ledger", steps.check_ledger),
    ("tests of tools", steps.check_tools),
    ("shellcheck", steps.check_shell),
    ("release build", steps.check_release),
    ("debug build, unit tests", steps.check_unit_tests),
]


def steps_of(grade: str) -> list[tuple[str, Callable[[], Results]]]:
    if grade == "quick":
        return QUICK
    full = grade == "full"
    return QUICK + [
        ("clang-tidy", steps.check_lint),
        ("instructions per command", steps.check_instructions),
        ("interop", steps.check_interop),
        ("Linux kernel", steps.check_kernel),
        ("ThreadSanitizer", lambda: steps.check_threads(all_rooms=full)),
        ("fuzz", lambda: steps.check_fuzzers(seconds=60 if full else 5)),
    ]


def run_step(name: str, step: Callable[[], Results]) -> Results:
    start = time.monotonic()
    if sys.stdout.isatty():
        print(f"...   {name}", end="\r", flush=True)
    try:
        results = step()
    except Exception as error:  # A check that cannot run is a failed check; the others still run.
        results = failed(name, f"{type(error).__name__}: {error}")
    word = "FAIL" if results.failures else "ok" if results.passed else "skip"
    print(f"{word:4}  {name}: {results.total_line()} ({time.monotonic() - start:.0f} s)", flush=True)
    for what, log in results.failures:
        print(f"\n--- {what}\n{log}\n", flush=True)
    return results


def main() -> int:
    # Asked to end, it ends what it has started and still says its totals, as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.makedirs(steps.LOGS, exist_ok=True)
    totals = Results()
    try:
        for name, step in steps_of(sys.argv[1]):
            totals.add(run_step(name, step))
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
