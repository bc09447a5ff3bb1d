# SPDX-License-Identifier: Apache-2.0
"""The machine that is measured on: what it is, how busy it is, which core is whose."""

import datetime
import os
import platform
import resource

# More than this many processes waited for a core in the last minute: somebody else is working here.
QUIET_LOAD = 0.5


def facts() -> dict:
    """For the head of every result. Without them a figure says nothing."""
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "processor": processor(), "cores": len(cores()), "kernel": platform.release(),
            "load_before": round(os.getloadavg()[0], 2), "is_quiet": os.getloadavg()[0] <= QUIET_LOAD}


def heading(machine: dict) -> str:
    text = f"{machine['date']}, {machine['processor']}, {machine['cores']} cores, Linux {machine['kernel']}"
    if machine["is_quiet"]:
        return text
    return text + f"; BUSY: load {machine['load_before']} before it began, so these figures are no measurement"


def processor() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def server_core() -> int:
    """The last core: interrupts and other programs like the first."""
    return cores()[-1]


def client_cores() -> list[int]:
    return cores()[:-1] or cores()


def raise_descriptor_limit() -> int:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
