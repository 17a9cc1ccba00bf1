# SPDX-License-Identifier: EUPL-1.2
"""What clients follow, kept in the database: a restart of ours does not end their sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, LiteralString

import psycopg
import psycopg_pool
import structlog
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from stadtkern.core import problems, statements
from stadtkern.core.access import Principal
from stadtkern.core.database import Connection
from stadtkern.ingest.doors import parcels
from stadtkern.ingest.doors.roll import Key, Roll
from stadtkern.ingest.doors.session import Session, Subscription
from stadtkern.things.topics import topic as topics
from stadtkern.things.topics import wild

log = structlog.get_logger(__name__)


class Kept:
    """Reads the sessions when the door opens, and writes what changes."""

    def __init__(self, *, pool: AsyncConnectionPool[Connection], prefix: str):
        self._pool = pool
        self._prefix = prefix
        self._saved: dict[Key, str] = {}
        self._away: set[Key] = set()

    async def restore(self, roll: Roll) -> None:
        """Enter those who are expected back; what waits for them stays in the database until they come."""
        now = asyncio.get_running_loop().time()
        await self._do("drop_ended_followers", {})
        for token_id, client_id, expiry, followed, seconds, *about in await self._do("followers", {}):
            away = max(0.0, seconds or 0.0)
            session = Session(
                client_id=client_id, principal=_principal(token_id, *about), secret=None,
                expiry=expiry, address="",
            )  # fmt: skip
            for text, qos in followed.items():
                follow(session, text, qos=qos, prefix=self._prefix)
            session.left_at, session.restored, session.noted = now - away, True, True
            session.held = parcels.MOST_MESSAGES  # perhaps; more are counted when they come
            self._saved[session.key] = _said(session)
            self._away.add(session.key)
            roll.expect(session)

    async def save(self, session: Session) -> None:
        """Write what a session follows, if that is to last and has changed. Raises Unavailable.

        One that lasted and ends with this connection is written too, as what waited is to be told first.
        """
        said = _said(session)
        if not session.lasting and session.key not in self._saved:
            return
        if self._saved.get(session.key) == said and session.key not in self._away:
            return
        params = {
            "token_id": session.principal.token_id, "client_id": session.client_id,
            "expiry": session.expiry, "topics": Jsonb(_followed(session)),
        }  # fmt: skip
        await self._do("keep_follower", params)
        self._saved[session.key], session.noted = said, True
        self._away.discard(session.key)

    async def forget(self, session: Session) -> None:
        """A client begins anew: nothing is left of its session before. Raises Unavailable."""
        session.noted = False
        if session.key in self._saved:
            await self._do("drop_followers", _keys([session.key]))
            del self._saved[session.key]
            self._away.discard(session.key)

    async def sweep(self, roll: Roll, *, now: float) -> None:
        """Write who left; forget who is forgotten, and what arrived.

        Raises Unavailable; then it is tried again.
        """
        await self._emptied(roll)
        gone = [session for session in roll if session.left_at is not None and session.key in self._saved]
        gone = [session for session in gone if session.key not in self._away]
        if gone:
            seconds = [now - (session.left_at or now) for session in gone]
            await self._do("followers_left", {**_keys(session.key for session in gone), "seconds": seconds})
            self._away.update(session.key for session in gone)
        dropped = {key for key in roll.dropped if key in self._saved}
        if dropped:
            await self._do("drop_followers", _keys(dropped))
            for key in dropped:
                del self._saved[key]
                self._away.discard(key)
        roll.dropped.clear()

    async def _emptied(self, roll: Roll) -> None:
        if not any(session.arrived for session in roll):
            return
        try:
            async with self._pool.connection() as connection:
                await parcels.sweep(connection, roll)
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
            raise problems.Unavailable from error

    async def ended(self, sessions: Iterable[Session]) -> list[Session]:
        """Those of restored sessions whose token is not valid any more. Raises Unavailable."""
        asked = [session for session in sessions if session.restored and session.secret is None]
        if not asked:
            return []
        ids = [session.principal.token_id for session in asked]
        valid = {row[0] for row in await self._do("valid_tokens", {"ids": ids})}
        return [session for session in asked if session.principal.token_id not in valid]

    async def _do(self, name: LiteralString, params: Mapping[str, Any]) -> list[Any]:
        try:
            async with self._pool.connection() as connection:
                cursor = await connection.execute(statements.load("things")[name], params)
                return await cursor.fetchall() if cursor.description else []
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
            raise problems.Unavailable from error


def follow(session: Session, text: str, *, qos: int, prefix: str) -> None:
    """Let a session follow what it followed before; what is no topic any more is left out."""
    if text == f"errors/{session.client_id}":
        session.subscriptions[text] = Subscription(None, qos)
        return
    try:
        if wild.wanted(text):
            session.patterns[text] = wild.parse(text, prefix=prefix), qos
        else:
            session.subscriptions[text] = Subscription(topics.parse(text, prefix=prefix), qos)
    except problems.Problem as problem:
        log.warning("a kept topic is not followed any more", topic=text[:200], problem=str(problem))


def _principal(
    token_id: int, owner: int, name: str, default_dataset_id: int | None, expires_at: datetime | None
) -> Principal:
    return Principal(
        kind="token", token_id=token_id, id=owner, name=name, default_dataset_id=default_dataset_id,
        expires_at=expires_at,
    )  # fmt: skip


def _followed(session: Session) -> dict[str, int]:
    found = {text: subscription.qos for text, subscription in session.subscriptions.items()}
    return found | {text: qos for text, (_, qos) in session.patterns.items()}


def _said(session: Session) -> str:
    return repr((session.expiry, sorted(_followed(session).items())))


def _keys(keys: Iterable[Key]) -> dict[str, list[Any]]:
    listed = list(keys)
    return {"token_ids": [key[0] for key in listed], "client_ids": [key[1] for key in listed]}
