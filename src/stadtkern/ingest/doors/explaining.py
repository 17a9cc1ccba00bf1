# SPDX-License-Identifier: EUPL-1.2
"""Why messages were refused, told at a broker in front. No message ever waits for it."""

from __future__ import annotations

import asyncio
from collections import deque

import msgspec
import structlog

from stadtkern.core import problems
from stadtkern.ingest.doors.link import Link

log = structlog.get_logger(__name__)

MOST_WAITING = 1_000
_TOGETHER = 100
_NOT_IN_TOPICS = frozenset("+#\x00")
_encode = msgspec.json.Encoder().encode


class Explanations:
    """Publishes one heap after the other; what comes while too many wait is dropped, and the log says so.

    The refusals themselves are in the log and in the counters anyway.
    """

    def __init__(self, *, link: Link):
        self._link = link
        self._waiting: deque[tuple[str, bytes, bool]] = deque()
        self._dropped = 0
        self._teller: asyncio.Task[None] | None = None

    def tell(self, *, topic: str, address: str, problem: problems.Problem) -> None:
        """Tell those who may write to the address, soon."""
        if len(self._waiting) >= MOST_WAITING:
            self._dropped += 1
            return
        known = address[:200] if address and not _NOT_IN_TOPICS.intersection(address[:200]) else "other"
        document = _encode({"topic": topic[:500], "error": problem.document()})
        self._waiting.append((f"errors/{known}", document, False))
        if self._teller is None or self._teller.done():
            self._teller = asyncio.create_task(self._publish(), name="mqtt-explanations")

    async def end(self) -> None:
        """Tell no more."""
        if self._teller is not None:
            self._teller.cancel()
            await asyncio.gather(self._teller, return_exceptions=True)

    async def _publish(self) -> None:
        while self._waiting:
            heap = [self._waiting.popleft() for _ in range(min(_TOGETHER, len(self._waiting)))]
            await self._link.publish(heap)
            if self._dropped:
                log.warning("refused MQTT messages were not explained", messages=self._dropped)
                self._dropped = 0
