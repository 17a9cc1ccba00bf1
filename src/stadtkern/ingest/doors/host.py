# SPDX-License-Identifier: EUPL-1.2
"""What a connection asks of our own MQTT door."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from stadtkern.ingest.doors import packets
from stadtkern.ingest.doors.leftovers import Leftovers
from stadtkern.ingest.doors.packets import Connect, Publish
from stadtkern.ingest.doors.session import Session

if TYPE_CHECKING:
    from stadtkern.ingest.doors.connection import Connection


class Host(Protocol):
    """What a connection asks of the door it came in by."""

    limit: int
    leftovers: Leftovers

    def welcomes(self, line: Connection) -> bool:
        """Whether there is room for somebody of whom only the address is known."""

    async def admit(self, connect: Connect, secret: str | None, *, address: str) -> tuple[Session, bool]:
        """The session of a client and whether it was there before. Raises Problems."""

    async def store_together(self, session: Session, messages: Sequence[Publish]) -> set[int]:
        """Store plain messages in one go; the positions of those that are on disk."""

    async def store(self, session: Session, message: Publish, *, wanted: Callable[[], bool]) -> None:
        """Return when a message is on disk. Raises Problems; Unavailable once it is not `wanted` any more."""

    async def follow(self, session: Session, wish: packets.Wish) -> tuple[int, Sequence[tuple[str, bytes]]]:
        """Let a session follow a topic; returns the code and what is told first. Raises Unavailable."""

    def unfollow(self, session: Session, text: str) -> bool:
        """End that; whether it was followed."""

    async def entered(self, session: Session, line: Connection, connect: Connect) -> None:
        """A client has been let in and told so. Raises Unavailable."""

    async def remember(self, session: Session) -> None:
        """Keep what a session follows beyond a restart, if it is to last. Raises Unavailable."""

    def left(self, line: Connection) -> None:
        """A connection is gone."""
