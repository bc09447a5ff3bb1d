# SPDX-License-Identifier: Apache-2.0
"""Builds what is measured, the release preset as users run it, and installs what it is compared with."""

import os
import subprocess

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(FOLDER)


def build(target: str) -> str:
    """The path of the program, up to date."""
    if not sourced('source "$root/tools/build.sh"; build_preset release "$2"', target):
        raise SystemExit(f"{target} could not be built")
    folder = os.path.join(ROOT, "build", "release")
    return os.path.join(folder, target) if target == "lunway" else os.path.join(folder, "bench", target)


def install(group: str) -> bool:
    """A group of tools/packages. False: something is missing, and a message on stderr has said what."""
    return sourced('source "$root/tools/packages.sh"; ensure_packages "$2"', group)


def sourced(script: str, argument: str) -> bool:
    return subprocess.run(["bash", "-c", f"root=$1; {script}", "bench", ROOT, argument], stdin=subprocess.DEVNULL,
                          check=False).returncode == 0
