# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""Peers that misbehave on purpose."""

import random
import socket
import threading


def free_port(address="127.0.0.1"):
    """A port that nobody has at this moment."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def send_garbage(port, seed, size=4096, address="127.0.0.1"):
    """Random bytes, then whatever the other side does: an answer, a close, a reset."""
    noise = random.Random(seed).randbytes(size)
    with socket.create_connection((address, port), timeout=10) as peer:
        try:
            peer.sendall(noise)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(65536):
                pass
        except (ConnectionError, TimeoutError):
            pass


class HangUp:
    """A target that takes each connection, reads the first bytes of the login, answers `answer` and is gone."""

    def __init__(self, answer=b""):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                self.connections += 1
                peer.settimeout(5)
                try:
                    peer.recv(48)
                    peer.sendall(self.answer)
                except OSError:
                    pass

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)
