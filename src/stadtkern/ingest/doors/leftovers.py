# SPDX-License-Identifier: EUPL-1.2
"""What clients that are gone left to be stored: all of it together is bounded, the rest is dropped."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Hashable, Iterator

import structlog

from stadtkern.ingest.doors import packets

log = structlog.get_logger(__name__)

MOST_MESSAGES = 10_000
MOST_BYTES = 33_554_432
_GATHERING_SECONDS = 1.0


class Leftovers:
    """Counts what is held for each owner, a connection or what it left; `count` hears what is dropped.

    Who is there waits at its own end when too much of it is held. Who is gone cannot wait, and the next one
    may come, send and go at once.
    """

    def __init__(self, *, count: Callable[[int], None]):
        self._count = count
        self._held: dict[Hashable, tuple[int, int]] = {}
        self._lost = 0
        self._later: asyncio.TimerHandle | None = None
        self.messages = self.bytes = 0

    def __iter__(self) -> Iterator[Hashable]:
        return iter(list(self._held))

    def keep(self, owner: Hashable, *, messages: int, size: int) -> bool:
        """So much of an owner is held now. False, and nothing is noted, where a new one finds no room."""
        if not messages and not size:
            self.release(owner)
            return True
        fits = self.messages + messages <= MOST_MESSAGES and self.bytes + size <= MOST_BYTES
        if not fits and owner not in self._held:
            return False
        self.release(owner)
        self._held[owner] = messages, size
        self.messages += messages
        self.bytes += size
        return True

    def release(self, owner: Hashable) -> None:
        """Nothing of it is held any more."""
        messages, size = self._held.pop(owner, (0, 0))
        self.messages -= messages
        self.bytes -= size

    def lost(self, messages: int) -> None:
        """So many that nobody sends again were dropped; the log says it once a second at most."""
        if not messages:
            return
        self._count(messages)
        if not self._lost:
            self._later = asyncio.get_running_loop().call_later(_GATHERING_SECONDS, self.say)
        self._lost += messages

    def say(self) -> None:
        """Tell the log what it has not been told yet."""
        if self._later is not None:
            self._later.cancel()
        if self._lost:
            log.warning("messages of MQTT clients that are gone were dropped", messages=self._lost)
        self._lost = 0


def unread(buffer: bytearray) -> int:
    """How many messages that nobody sends again stand in it before a goodbye; it is used up thereby."""
    found = 0
    with contextlib.suppress(packets.MalformedPacket):  # behind that nothing is a message
        for kind, flags, _ in packets.split(buffer, limit=len(buffer)):
            if kind == packets.DISCONNECT:
                break
            found += brings_once(kind, flags)
    buffer.clear()
    return found


def brings_once(kind: int, flags: int) -> bool:
    """Whether a packet is a message of quality of service 0."""
    return kind == packets.PUBLISH and not flags & 0x06
