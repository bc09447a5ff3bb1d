# SPDX-License-Identifier: Apache-2.0
"""Who is compared, and one run of one work against one of them. All servers are started before the first run; only the
one whose turn it is gets time."""

import contextlib
import json
import os
import re
import resource
from collections.abc import Iterator

import servers
from machine import client_cores
from processes import Process, ProcessorTime, run_pinned
from works import Sample, Work

VOLUME_MIB = 128
NEEDED_MIB = 5 * VOLUME_MIB  # four images and what else is kept there
MARGIN_S = 60
DIGESTS = {"header digest": "header_digest=crc32c", "data digest": "data_digest=crc32c",
           "both digests": "header_digest=crc32c&data_digest=crc32c"}
OURS = "Lunway"  # a volume in memory, io_uring where the machine allows it
EPOLL = "Lunway, epoll"


class Contenders:
    """`folder` lies in memory (tmpfs): files there cost no disk."""

    def __init__(self, lunway: str, wire: str, folder: str) -> None:
        self._lunway, self._wire, self._folder = lunway, wire, folder
        self._servers: dict[str, Process] = {}
        self.missing: dict[str, str] = {}

    def start(self) -> None:
        memory = ["--memory", f"{VOLUME_MIB}MiB"]
        self._start(OURS, lambda: servers.Lunway(self._lunway, self._in("memory"), memory))
        self._start(EPOLL, lambda: servers.Lunway(self._lunway, self._in("epoll"), ["--io", "epoll", *memory]))
        self._start("Lunway, file", lambda: servers.Lunway(self._lunway, self._in("file"), [self._image("file")]))
        self._start("tgt", lambda: servers.Tgt(self._in("tgt"), self._image("tgt")))
        self._start("istgt", lambda: servers.Istgt(self._in("istgt"), self._image("istgt")))

    def _start(self, name: str, make) -> None:
        try:
            self._servers[name] = make()
        except RuntimeError as error:
            self.missing[name] = str(error)
            return
        # Memory that was never written is one page of zeros, which costs nothing to read.
        if name in (OURS, EPOLL):
            run_pinned([self._lunway, "copy", self._image("fill"), self._servers[name].url], client_cores(), MARGIN_S)
        self._servers[name].pause()

    def _in(self, name: str) -> str:
        path = os.path.join(self._folder, name)
        os.makedirs(path, exist_ok=True)
        return path

    def _image(self, name: str) -> str:
        path = os.path.join(self._in(name), "image")
        with open(path, "wb") as file:
            for _ in range(VOLUME_MIB):
                file.write(os.urandom(1 << 20))
        return path

    def stop(self) -> None:
        for server in self._servers.values():
            server.stop()

    def names(self, work: Work) -> list[str]:
        names = list(self._servers)
        if work.with_digests and OURS in names:
            names += [f"{OURS}, {digest}" for digest in DIGESTS]
        return [*names, "wire"]

    def run(self, name: str, work: Work, seconds: float) -> Sample:
        if name == "wire":
            return self._run_wire(work, seconds)
        digest = DIGESTS.get(name.removeprefix(f"{OURS}, "))
        server = self._servers[OURS if digest else name]
        with given_time(server):
            return self._bench(server, work, seconds, client_cores(), f"?{digest}" if digest else "")

    def run_initiator(self, name: str, work: Work, seconds: float) -> Sample:
        """On one core, against Lunway."""
        server, core = self._servers[OURS], client_cores()[:1]
        with given_time(server):
            if name == "lunway bench":
                return self._bench(server, work, seconds, core)
            before, own = server.processor_time(), children_s()
            said = run_pinned(["iscsi-perf", "-m", str(work.depth), "-b", str(work.block_bytes // 512), "-r", "-t",
                               str(max(1, round(seconds))), server.url], core, seconds + MARGIN_S)
            # It says its rate and no more.
            iops = float(re.search(r"iops average (\d+)", said).group(1))
            return sample(iops, iops * max(1, round(seconds)), server.processor_time() - before, children_s() - own)

    def _bench(self, server: Process, work: Work, seconds: float, on_cores: list[int], query: str = "") -> Sample:
        before, own = server.processor_time(), children_s()
        said = json.loads(run_pinned(
            [self._lunway, "bench", "--json", "--rw", work.rw, "--bs", str(work.block_bytes), "--depth",
             str(work.depth), "--sessions", str(work.sessions), "--threads", str(min(work.sessions, len(on_cores))),
             "--time", str(seconds), server.url + query], on_cores, seconds + MARGIN_S))
        spent, own = server.processor_time() - before, children_s() - own
        report = said["write" if "write" in work.rw else "read"]
        return sample(report["iops"], report["commands"], spent, own, report["p50_us"], report["p99_us"])

    def _run_wire(self, work: Work, seconds: float) -> Sample:
        server = servers.Wire(self._wire, self._in("wire"), work.sessions, work.request_bytes(), work.answer_bytes())
        try:
            own = children_s()
            load = [self._wire, "load", *server.shape, server.port, str(work.depth), str(seconds)]
            said = json.loads(run_pinned(load, client_cores(), seconds + MARGIN_S))
            # It has ended by now, but as long as nobody asks how, its times are still there.
            return sample(said["requests"] / said["seconds"], said["requests"], server.processor_time(),
                          children_s() - own)
        finally:
            server.stop()


@contextlib.contextmanager
def given_time(server: Process) -> Iterator[None]:
    server.go_on()
    try:
        yield
    finally:
        server.pause()


def children_s() -> float:
    """Processor time of the loads that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def sample(iops: float, operations: float, server: ProcessorTime, load_s: float, p50_us: float | None = None,
           p99_us: float | None = None) -> Sample:
    each = 1e6 / operations
    return Sample(iops, server.user * each, server.system * each, load_s * each, p50_us, p99_us)
