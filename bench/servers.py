# SPDX-License-Identifier: Apache-2.0
"""What is measured: Lunway, the targets that Debian has, and bare sockets. Each on one core, with a free port of its
own, and nothing of the system's."""

import os
import re
import shutil
import signal
import socket
import subprocess

from machine import server_core
from processes import Process

IQN = "iqn.2026-11.io.lunway:bench"


class Lunway(Process):
    """Serves `backing`, the last words of its command line, as LUN 0; a shard for each core."""

    def __init__(self, program: str, folder: str, backing: list[str], on_cores: list[int] | None = None) -> None:
        on_cores = on_cores or [server_core()]
        super().__init__([program, "serve", "--shards", str(len(on_cores)), "--quiet", "--state", f"{folder}/state",
                          "--target", IQN, "--listen", "127.0.0.1:0", *backing], on_cores, log_in(folder, "lunway"))
        ready = self.wait_until(lambda: re.search(r"^ready (iscsi://\S+/0)$", self.log(), re.MULTILINE), "its URL")
        self.url = ready.group(1)

    def address(self) -> tuple[str, int]:
        host, port = re.match(r"iscsi://([\d.]+):(\d+)/", self.url).groups()
        return host, int(port)


class Tgt(Process):
    """tgt as it comes; LUN 0 is its own, the disk is LUN 1."""

    def __init__(self, folder: str, image: str) -> None:
        port = free_port()
        self._control = str(port % 32_000 + 1)  # tgt keeps this number in a short integer
        super().__init__([found("tgtd"), "-f", "-C", self._control, "--iscsi", f"portal=127.0.0.1:{port}"],
                         [server_core()], log_in(folder, "tgtd"))
        self.wait_until(lambda: self._tell("--op", "show", "--mode", "sys"), "an answer to tgtadm")
        for order in (["--op", "new", "--mode", "target", "--tid", "1", "-T", IQN],
                      ["--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL"],
                      ["--op", "new", "--mode", "logicalunit", "--tid", "1", "--lun", "1", "-b", image]):
            if not self._tell(*order):
                self.stop()
                raise RuntimeError(f"tgtadm refused {' '.join(order)}")
        self.url = f"iscsi://127.0.0.1:{port}/{IQN}/1"

    def _tell(self, *order: str) -> bool:
        return subprocess.run([found("tgtadm"), "-C", self._control, "--lld", "iscsi", *order], check=False,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=20).returncode == 0

    def stop(self, first: signal.Signals = signal.SIGKILL) -> None:
        super().stop(first)  # it ignores SIGTERM while it has a target


ISTGT = """
[Global]
  NodeBase "iqn.2026-11.io.lunway"
  PidFile {folder}/istgt.pid
  AuthFile {folder}/istgt.auth
  LogFacility "local7"
  Timeout 30
  NopInInterval 20
  DiscoveryAuthMethod None
  MaxSessions 16
  MaxConnections 4
  MaxR2T 32
  MaxOutstandingR2T 16
  DefaultTime2Wait 2
  DefaultTime2Retain 60
  FirstBurstLength 262144
  MaxBurstLength 1048576
  MaxRecvDataSegmentLength 262144
  InitialR2T Yes
  ImmediateData Yes
  DataPDUInOrder Yes
  DataSequenceInOrder Yes
  ErrorRecoveryLevel 0
[UnitControl]
[PortalGroup1]
  Portal P1 127.0.0.1:{port}
[InitiatorGroup1]
  InitiatorName "ALL"
  Netmask 127.0.0.1
[LogicalUnit1]
  TargetName {iqn}
  Mapping PortalGroup1 InitiatorGroup1
  AuthMethod None
  UseDigest Auto
  UnitType Disk
  QueueDepth 64
  LUN0 Storage {image} Auto
"""


class Istgt(Process):
    """istgt with the lengths of its example file and room for twice the depth that is asked for."""

    def __init__(self, folder: str, image: str) -> None:
        port = free_port()
        config = f"{folder}/istgt.conf"
        with open(config, "w", encoding="utf-8") as file:
            file.write(ISTGT.format(folder=folder, port=port, iqn=IQN, image=image))
        with open(f"{folder}/istgt.auth", "w", encoding="utf-8"):
            os.chmod(f"{folder}/istgt.auth", 0o600)
        super().__init__([found("istgt"), "-D", "-c", config], [server_core()], log_in(folder, "istgt"))
        self.wait_until(lambda: is_listening(port), "its port")
        self.url = f"iscsi://127.0.0.1:{port}/{IQN}/0"


class Wire(Process):
    """Bare sockets: one run of one load, then it ends by itself."""

    def __init__(self, program: str, folder: str, connections: int, request_bytes: int, answer_bytes: int) -> None:
        self.shape = [str(connections), str(request_bytes), str(answer_bytes)]
        super().__init__([program, "serve", *self.shape], [server_core()], log_in(folder, "wire"))
        self.port = self.wait_until(lambda: re.search(r"^ready (\d+)$", self.log(), re.MULTILINE), "its port").group(1)


def is_installed(program: str) -> bool:
    return shutil.which(program, path=search_path()) is not None


def found(program: str) -> str:
    path = shutil.which(program, path=search_path())
    if path is None:
        raise RuntimeError(f"{program} is not installed")
    return path


def search_path() -> str:
    """Daemons are where only root looks."""
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def log_in(folder: str, name: str) -> str:
    return os.path.join(folder, f"{name}.log")
