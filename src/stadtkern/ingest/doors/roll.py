# SPDX-License-Identifier: EUPL-1.2
"""All sessions of our own MQTT door: of clients that are there, and of those that are expected back."""

from __future__ import annotations

from collections.abc import Iterator

from stadtkern.ingest.doors.session import Session

MOST_ABSENT = 1_000
Key = tuple[int, str]


class Roll:
    """Sessions by token and name. Of the absent ones the oldest go when there are too many."""

    def __init__(self) -> None:
        self._sessions: dict[Key, Session] = {}
        self._absent: dict[Key, None] = {}
        self.dropped: set[Key] = set()

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._sessions.values()))

    def find(self, key: Key) -> Session | None:
        """The session of that token and name."""
        return self._sessions.get(key)

    def enter(self, session: Session) -> None:
        """A client is there."""
        self._absent.pop(session.key, None)
        self._sessions[session.key] = session
        self.dropped.discard(session.key)

    def expect(self, session: Session) -> None:
        """A client may come back."""
        self.enter(session)
        self._absent[session.key] = None

    def left(self, session: Session, *, now: float, epoch: int, strangers: int) -> None:
        """A client is gone; so many of one address are remembered of those without a token."""
        session.detach(now=now, epoch=epoch)
        self._absent[session.key] = None
        if session.principal.token_id is None:
            same = [key for key in self._absent if key[0] == 0 and self._address(key) == session.address]
            if len(same) > strangers:
                self._forget(same[0])
        while len(self._absent) > MOST_ABSENT:
            self._forget(next(iter(self._absent)))

    def expire(self, *, now: float) -> None:
        """Forget those nobody has come back to in time."""
        for session in self:
            if session.over(now):
                self.drop(session)

    def drop(self, session: Session) -> None:
        """Forget a session."""
        if self._sessions.get(session.key) is session:
            del self._sessions[session.key]
            self._absent.pop(session.key, None)
            self.dropped.add(session.key)

    def _address(self, key: Key) -> str | None:
        session = self._sessions.get(key)
        return session.address if session is not None else None

    def _forget(self, key: Key) -> None:
        del self._absent[key]
        if (oldest := self._sessions.get(key)) is not None and oldest.line is None:
            self.drop(oldest)
