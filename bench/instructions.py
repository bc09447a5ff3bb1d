#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions that a command costs a target, and holds them against the figure in instructions.json.

  bench/instructions.py            fails when a command costs 5 % more, or less, than the figure
  bench/instructions.py --renew    writes the figure anew: look at the difference, then commit it

A count does not depend on how busy the machine is; it depends on the compiler, so another one is no comparison.
Exit status: 0 as the figure says, 1 not so, 77 nothing was compared (the reason is the last line)."""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

from build import FOLDER, build

FIGURE = os.path.join(FOLDER, "instructions.json")
TOLERANCE = 0.05
SKIPPED = 77
# memcpy as every x86-64 has it: what libc picks by the processor's features would make the count that of a machine.
PLAIN_LIBC = "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-ERMS,-AVX_Fast_Unaligned_Load"


def main() -> int:
    parser = argparse.ArgumentParser(description="Count the instructions that a command costs a target.")
    parser.add_argument("--renew", action="store_true", help="write the figure anew")
    arguments = parser.parse_args()
    reason = why_not()
    if reason:
        print(f"not counted: {reason}", file=sys.stderr)
        return SKIPPED
    measured = {"compiler": compiler(), "instructions_per_command": round(count(build("bench_exchange")))}
    if arguments.renew:
        with open(FIGURE, "w", encoding="utf-8") as file:
            file.write(json.dumps(measured, indent=2) + "\n")
        print(f"{measured['instructions_per_command']} instructions per command, noted in bench/instructions.json")
        return 0
    with open(FIGURE, encoding="utf-8") as file:
        status, text = verdict(measured, json.load(file))
    print(text, file=sys.stderr if status else sys.stdout)
    return status


def why_not() -> str | None:
    if platform.machine() != "x86_64":
        return f"the figure is for x86_64, this is {platform.machine()}"
    if shutil.which("valgrind") is None:
        return "valgrind is missing: apt-get install valgrind"
    return None


def compiler() -> str:
    """What the release preset compiles with, to the version whose code is the same."""
    version = subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True, check=True).stdout
    return "g++ " + ".".join(version.strip().split(".")[:2])


def count(program: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=run_exchange",
                              f"--callgrind-out-file={folder}/out", program], capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, timeout=300, check=False,
                             env={**os.environ, "GLIBC_TUNABLES": PLAIN_LIBC})
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or collected is None or int(collected.group(1)) == 0:
        raise SystemExit(f"{program} under callgrind:\n{run.stderr}")
    return int(collected.group(1)) / int(run.stdout)


def verdict(measured: dict, figure: dict) -> tuple[int, str]:
    """An exit status and the sentence that goes with it."""
    if measured["compiler"] != figure["compiler"]:
        return SKIPPED, f"not compared: the figure is for {figure['compiler']}, this is {measured['compiler']}"
    now, before = measured["instructions_per_command"], figure["instructions_per_command"]
    change = (now - before) / before
    text = f"{now} instructions per command, the figure is {before} ({change:+.1%})"
    if abs(change) <= TOLERANCE:
        return 0, text
    what = ("more than before. Where, callgrind_annotate says; if it is worth that" if change > 0 else
            "less than before. So that it stays so")
    return 1, f"{text}\nEvery command costs {what}, note the new figure:\n  bench/instructions.py --renew"


if __name__ == "__main__":
    sys.exit(main())
