# SPDX-License-Identifier: Apache-2.0
"""The machine that is measured on: what it is, how busy it is, which core is whose."""

import datetime
import os
import platform
import resource
import time

# More cores at work than this before anything has begun: somebody else is working here.
QUIET_CORES = 0.25
LOOK_S = 1.0


def facts() -> dict:
    """For the head of every result. Without them a figure says nothing. Asked before the first program starts."""
    if len(cores()) < 2:
        raise SystemExit("server and load need a core each, and there is one only")
    busy = busy_cores(LOOK_S)
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "processor": processor(), "cores": len(cores()), "kernel": platform.release(),
            "busy_cores_before": round(busy, 2), "is_quiet": busy <= QUIET_CORES}


def busy_cores(seconds: float) -> float:
    """How many cores are at work, on the average of the next seconds. What a hypervisor takes away counts as work."""
    before, began = busy_ticks(), time.monotonic()
    time.sleep(seconds)
    return (busy_ticks() - before) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - began)


def busy_ticks() -> int:
    with open("/proc/stat", encoding="utf-8") as file:
        user, nice, system, _idle, _wait, interrupts, soft_interrupts, stolen = map(int, file.readline().split()[1:9])
    return user + nice + system + interrupts + soft_interrupts + stolen


def heading(machine: dict) -> str:
    text = f"{machine['date']}, {machine['processor']}, {machine['cores']} cores, Linux {machine['kernel']}"
    if machine["is_quiet"]:
        return text
    return text + f"; BUSY: {machine['busy_cores_before']} cores at work before it began, so this is no measurement"


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
