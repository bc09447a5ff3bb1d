# SPDX-License-Identifier: Apache-2.0
"""What many rounds say, and where it is written."""

import json
import os
import statistics
from dataclasses import dataclass

from build import ROOT


@dataclass(frozen=True)
class Spread:
    """The middle round, and the least and the most of all rounds."""
    median: float
    low: float
    high: float


def spread_of(values: list[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


def write(folder: str | None, name: str, result: dict, drawing: str) -> None:
    folder = folder or os.path.join(ROOT, "build", "bench")
    os.makedirs(folder, exist_ok=True)
    for ending, content in (("json", json.dumps(result, indent=2) + "\n"), ("svg", drawing)):
        path = os.path.join(folder, f"{name}.{ending}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        print(path)
