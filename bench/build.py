# SPDX-License-Identifier: Apache-2.0
"""Builds what is measured: the release preset, as users run it."""

import os
import subprocess

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(FOLDER)


def build(target: str) -> str:
    """The path of the program, up to date."""
    script = 'root=$1; source "$root/tools/build.sh"; build_preset release "$2"'
    built = subprocess.run(["bash", "-c", script, "build", ROOT, target], check=False)
    if built.returncode != 0:
        raise SystemExit(f"{target} could not be built")
    folder = os.path.join(ROOT, "build", "release")
    return os.path.join(folder, target) if target == "lunway" else os.path.join(folder, "bench", target)
