# SPDX-License-Identifier: EUPL-1.2
"""What clients that are gone left to be stored: all of it together is bounded, the rest is dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterator

import structlog

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
            asyncio.get_running_loop().call_later(_GATHERING_SECONDS, self._say)
        self._lost += messages

    def _say(self) -> None:
        log.warning("messages of MQTT clients that are gone were dropped", messages=self._lost)
        self._lost = 0
