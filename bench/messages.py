# SPDX-License-Identifier: EUPL-1.2
"""MQTT load that costs little: raw sockets, ready-made packets, a window of messages on each line."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable

from stadtkern.ingest.doors import replies

CONNECTIONS = 32
WINDOW = 64
_PUBACK = 4


class Refused(Exception):
    """The broker did not accept the connection."""


def text(value: str) -> bytes:
    """A text with its length."""
    return len(value.encode()).to_bytes(2, "big") + value.encode()


def connect(port: int, *, user: str = "", password: str = "", name: str = "") -> socket.socket:
    """A connection that the broker has accepted (MQTT 3.1.1, clean session)."""
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    login = text(user) + text(password) if password else b""
    flags = 0xC2 if password else 0x02
    line.sendall(replies.packet(0x10, text("MQTT") + bytes((4, flags, 0, 0)) + text(name) + login))
    answer = line.recv(4)
    if len(answer) != 4 or answer[3] != 0:
        raise Refused(f"{user or 'anonymous'}: {answer!r}")
    return line


def publication(topic: str, payload: bytes, number: int) -> bytes:
    """A PUBLISH packet with QoS 1."""
    return replies.packet(0x32, text(topic) + number.to_bytes(2, "big") + payload)


class _Line:
    """One publisher."""

    def __init__(self, line: socket.socket):
        self.socket = line
        self.under_way = 0
        self.number = 0
        self.partial = 0

    def send(self, make: Callable[[int], tuple[str, bytes]], sent: int, most: int) -> int:
        """Fill the window; returns how many messages went out."""
        fresh = b""
        count = min(WINDOW - self.under_way, most)
        for i in range(count):
            self.number = self.number % 0xFFFF + 1
            fresh += publication(*make(sent + i), self.number)
        if fresh:
            self.socket.sendall(fresh)
        self.under_way += count
        return count

    def receive(self) -> int:
        """How many messages were acknowledged."""
        arrived = self.socket.recv(1 << 16)
        if not arrived:
            raise ConnectionError("the broker closed the connection")
        self.partial += len(arrived)
        acknowledged, self.partial = divmod(self.partial, _PUBACK)
        self.under_way -= acknowledged
        return acknowledged


def publish(
    lines: list[socket.socket], *, make: Callable[[int], tuple[str, bytes]], count: int
) -> tuple[float, float]:
    """Send so many messages; returns when it began and the seconds until the last acknowledgement."""
    known = {line.fileno(): _Line(line) for line in lines}
    watch = select.epoll()
    for number in known:
        watch.register(number, select.EPOLLIN)
    began = time.perf_counter()
    sent = acknowledged = 0
    for line in known.values():
        sent += line.send(make, sent, count - sent)
    while acknowledged < count:
        for number, _ in watch.poll(30):
            acknowledged += known[number].receive()
            sent += known[number].send(make, sent, count - sent)
    watch.close()
    return began, time.perf_counter() - began
