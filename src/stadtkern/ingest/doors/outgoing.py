# SPDX-License-Identifier: EUPL-1.2
"""What we publish at a broker in front with quality of service 1, until it has confirmed it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

import structlog

from stadtkern.ingest.doors import replies
from stadtkern.ingest.doors.packets import V5

log = structlog.get_logger(__name__)

_MOST_NUMBERS = 65_535


class _Batch:
    """Messages that are published together; `done` says whether the broker has confirmed all."""

    __slots__ = ("done", "open")

    def __init__(self, size: int):
        self.open = size
        self.done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def settle(self, *, confirmed: bool) -> None:
        if not self.done.done():
            self.done.set_result(confirmed)


class Outgoing:
    """Outlives connections: what was under way when one ended is sent again on the next [MQTT-4.4.0-1]."""

    def __init__(self) -> None:
        self._flying: dict[int, tuple[bytes, _Batch]] = {}
        self._waiting: deque[tuple[str, bytes, bool, _Batch]] = deque()
        self._window, self._most_bytes, self._number = 0, 0, 0

    def begin(self, *, window: int, most_bytes: int, present: bool) -> bytes:
        """A connection stands. Returns what is to be sent again, where the broker still has our session."""
        self._window, self._most_bytes = min(window, _MOST_NUMBERS - 1), most_bytes
        if not present:
            self._flying.clear()
        return b"".join(replies.again(packet) for packet, _ in self._flying.values())

    def end(self) -> None:
        """The connection is gone; nobody is left in the belief that what they published arrives."""
        for _, batch in self._flying.values():
            batch.settle(confirmed=False)
        for *_, batch in self._waiting:
            batch.settle(confirmed=False)
        self._waiting.clear()
        self._window = 0

    def add(self, messages: Sequence[tuple[str, bytes, bool]]) -> tuple[bytes, asyncio.Future[bool]]:
        """Publish (topic, payload, retain): what can be sent now; in the end, whether all were confirmed."""
        batch = _Batch(len(messages))
        self._waiting.extend((topic, payload, retain, batch) for topic, payload, retain in messages)
        if not messages:
            batch.settle(confirmed=True)
        return self._due(), batch.done

    def confirmed(self, number: int) -> bytes:
        """The broker has taken a message. Returns what can be sent instead of it."""
        found = self._flying.pop(number, None)
        if found is not None:
            self._done(found[1])
        return self._due()

    def _due(self) -> bytes:
        found: list[bytes] = []
        while self._waiting and len(self._flying) < self._window:
            topic, payload, retain, batch = self._waiting.popleft()
            if batch.done.done():
                continue  # nobody waits for it any more
            number = self.free()
            packet = replies.publish(topic.encode(), payload, number=number, retain=retain, version=V5)
            if len(packet) > self._most_bytes:
                log.warning("a message is larger than the MQTT broker takes", topic=topic[:200])
                self._done(batch)
                continue
            self._flying[number] = packet, batch
            found.append(packet)
        return b"".join(found)

    def _done(self, batch: _Batch) -> None:
        batch.open -= 1
        if not batch.open:
            batch.settle(confirmed=True)

    def free(self) -> int:
        """A number for a packet, that no message under way has."""
        while True:
            self._number = self._number % _MOST_NUMBERS + 1
            if self._number not in self._flying:
                return self._number
