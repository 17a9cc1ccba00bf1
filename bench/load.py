# SPDX-License-Identifier: EUPL-1.2
"""A load generator that costs little: kept-alive sockets, one request each in flight, ready-made bytes."""

from __future__ import annotations

import select
import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from bench.figures import quantile


class Outcome(NamedTuple):
    """What came back within the measured time; `statuses` counts the warm-up too."""

    seconds: float
    latencies: list[float]
    statuses: Counter[int]

    @property
    def rate(self) -> float:
        """Answers with 2xx per second."""
        return len(self.latencies) / self.seconds

    def milliseconds(self, share: float) -> float:
        """A quantile of the latency."""
        return 1000 * quantile(self.latencies, share)


class _Line:
    """One connection and the answer that is arriving on it."""

    def __init__(self, *, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._buffer = b""

    def send(self, request: bytes) -> None:
        """Send a whole request; they are smaller than a socket's buffer, so this does not block."""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int:
        """Take what arrived; the status once the answer is complete, else 0."""
        arrived = self.socket.recv(1 << 18)
        if not arrived:
            raise ConnectionError("the server closed the connection")
        self._buffer = self._buffer + arrived if self._buffer else arrived
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or not _complete(self._buffer, end):
            return 0
        status, self._buffer = int(self._buffer[9:12]), b""
        return status


def _complete(answer: bytes, end: int) -> bool:
    head = answer[:end].lower()
    at = head.find(b"content-length:")
    if at < 0:
        return b"transfer-encoding" not in head or answer.endswith(b"0\r\n\r\n")
    length = int(head[at + 15 :].partition(b"\r\n")[0])
    return len(answer) >= end + 4 + length


def run(
    *,
    port: int,
    request: Callable[[int], bytes],
    connections: int = 64,
    seconds: float = 10.0,
    warm_up: float = 2.0,
) -> Outcome:
    """Keep every connection busy with `request(0)`, `request(1)`, …; waits for the last answers."""
    lines = {line.socket.fileno(): line for line in (_Line(port=port) for _ in range(connections))}
    watch = select.epoll()
    sent = 0
    for number, line in lines.items():
        watch.register(number, select.EPOLLIN)
        line.send(request(sent))
        sent += 1
    begin = time.perf_counter() + warm_up
    end = begin + seconds
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    waiting = connections
    while waiting:
        for number, _ in watch.poll(30):
            line = lines[number]
            status = line.receive()
            if not status:
                continue
            now = time.perf_counter()
            statuses[status] += 1
            if begin <= line.sent_at and now <= end and 200 <= status < 300:
                latencies.append(now - line.sent_at)
            if now < end:
                line.send(request(sent))
                sent += 1
            else:
                waiting -= 1
    watch.close()
    for line in lines.values():
        line.socket.close()
    return Outcome(seconds, latencies, statuses)


def post(*, path: str, body: bytes, token: str = "") -> bytes:
    """The bytes of a POST."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(*, path: str) -> bytes:
    """The bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
