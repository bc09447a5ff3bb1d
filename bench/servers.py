# SPDX-License-Identifier: Apache-2.0
"""Lunway as it is measured: one shard on one core, a volume, a free port."""

import re

from machine import server_core
from processes import Process

IQN = "iqn.2026-11.io.lunway:bench"


class Lunway(Process):
    """Serves `backing`, the last words of its command line, as LUN 0."""

    def __init__(self, program: str, folder: str, backing: list[str]) -> None:
        super().__init__([program, "serve", "--shards", "1", "--quiet", "--state", f"{folder}/state", "--target", IQN,
                          "--listen", "127.0.0.1:0", *backing], [server_core()], f"{folder}/lunway.log")
        ready = self.wait_until(lambda: re.search(r"^ready (iscsi://\S+/0)$", self.log(), re.MULTILINE), "its URL")
        self.url = ready.group(1)

    def address(self) -> tuple[str, int]:
        host, port = re.match(r"iscsi://([\d.]+):(\d+)/", self.url).groups()
        return host, int(port)
