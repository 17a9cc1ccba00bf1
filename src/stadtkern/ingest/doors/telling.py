# SPDX-License-Identifier: EUPL-1.2
"""Brings what changed to the clients of our own MQTT door, and what waited to those who come back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence

import psycopg
import psycopg_pool
from psycopg_pool import AsyncConnectionPool

from stadtkern.core import problems
from stadtkern.core.access import Gate
from stadtkern.core.database import Connection as Database
from stadtkern.ingest.doors import audience, desk, parcels
from stadtkern.ingest.doors.parcels import Parcel, Reference
from stadtkern.ingest.doors.session import Line, Session
from stadtkern.things import entities
from stadtkern.things.topics import topic as topics
from stadtkern.things.topics.changes import Changes
from stadtkern.things.topics.topic import Topic
from stadtkern.things.topics.watch import Asked, Update, Watch

# So many of what waited are looked up at once, in the time that a batch of changes has.
_TOGETHER = 200

GiveUp = Callable[[Session, str], None]
Due = dict[Session, list[tuple[Reference, bytes, int]]]
Waiting = list[tuple[Parcel | None, Reference]]


class Telling:
    """What is to arrive is kept before its event is forgotten, so that no fall of ours loses it."""

    def __init__(
        self,
        *,
        pool: AsyncConnectionPool[Database],
        gate: Gate,
        watch: Watch,
        prefix: str,
        counter: desk.Desk,
        give_up: GiveUp,
    ):
        self._pool = pool
        self._gate = gate
        self._watch = watch
        self._prefix = prefix
        self._desk = counter
        self._give_up = give_up
        # Nothing is put down for a client between the last look at what waits for it and its being live.
        self._order = asyncio.Lock()

    async def tell(self, changes: Changes, *, sessions: Sequence[Session]) -> None:
        """Answer every topic that somebody follows and send the documents, those of dear topics last."""
        async with self._pool.connection() as connection:
            asked, followers = await audience.gather(
                connection, self._gate, sessions, changes=changes, prefix=self._prefix
            )
            answers = self._watch.answer(connection, asked=asked, changes=changes)
            async with contextlib.aclosing(answers):
                async for answer in answers:
                    await self._send(connection, self._due(answer.updates, followers, changes))
                    for each in answer.topics if answer.dear else ():
                        for session in followers[each.text, each.scope]:
                            self._give_up(session, each.text)

    def _due(self, updates: Iterable[Update], followers: audience.Followers, changes: Changes) -> Due:
        due: Due = {}
        for update in updates:
            each, payload = update.asked, update.payload
            key = (each.text, each.scope)
            if each.topic.kind == "property":
                if self._desk.values.get(key) == payload:
                    continue
                self._desk.values[key] = payload
            about = parcels.reference(each.text, update.number, changes)
            for session, qos in followers[key].items():
                due.setdefault(session, []).append((about, payload, qos))
        return due

    async def _send(self, connection: Database, due: Due) -> None:
        if not due:
            return
        lasting = {
            session: [about for about, _, qos in those if qos]
            for session, those in due.items()
            if session.lasting and any(qos for _, _, qos in those)
        }
        async with self._order:
            kept = await parcels.put(connection, lasting)
            for session, those in due.items():
                parcel = kept.get(session)
                for about, payload, qos in those:
                    if qos == 0 or session.live:
                        session.tell(about, payload, qos=qos, parcel=parcel if qos else None)
                    elif not session.lasting:
                        session.kept.append(about)
        for session, abouts in lasting.items():
            if not session.live:
                session.held += len(abouts)
                session.held_size += sum(len(about.topic) for about in abouts)
                await parcels.trim(connection, session)

    async def catch_up(self, session: Session, *, line: Line) -> None:
        """Tell a client that came back what waited for it, then let it be live. Raises Unavailable."""
        behind = 0
        session.live = session.line is line and not session.noted and not session.kept
        try:
            while session.line is line and not session.live:
                async with self._order, self._pool.connection() as connection:
                    if session.line is not line:
                        return
                    found, last = await self._waiting(connection, session, behind=behind)
                    if not found and not last:
                        session.live, session.held, session.held_size = True, 0, 0
                behind = last or behind
                await self._bring_all(session, found, line=line)
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
            raise problems.Unavailable from error

    async def _waiting(self, connection: Database, session: Session, *, behind: int) -> tuple[Waiting, int]:
        if session.noted:
            found, last = await parcels.of(connection, session, behind=behind)
            flying = session.under_way
            waiting: Waiting = [
                (parcel, about)
                for parcel in found
                for about in parcel.open
                if (parcel.id, about) not in flying
            ]
            if waiting or last:
                return waiting, last
        here: Waiting = [(None, about) for about in session.kept]
        session.kept.clear()
        return here, 0

    async def _bring_all(self, session: Session, waiting: Waiting, *, line: Line) -> None:
        start = 0
        try:
            while start < len(waiting):
                if not await self._bring(session, waiting[start : start + _TOGETHER], line=line):
                    break
                start += _TOGETHER
        finally:
            session.shelve_again(about for parcel, about in waiting[start:] if parcel is None)

    async def _bring(self, session: Session, waiting: Waiting, *, line: Line) -> bool:
        """Make the documents anew, with the rights of now, and send them in order if the client is there."""
        newest = {(about.topic, about.number): place for place, (_, about) in enumerate(waiting)}
        wanted = {about.topic: self._followed(session, about.topic) for _, about in waiting}
        payloads = await self._documents(session, waiting, wanted)
        if session.line is not line:
            return False
        for place, (parcel, about) in enumerate(waiting):
            key = (about.topic, about.number)
            payload, followed = payloads.get(key), wanted[about.topic]
            if payload is not None and followed is not None and newest[key] == place:
                session.tell(about, payload, qos=followed[1], parcel=parcel)
            elif parcel is not None:
                session.settle(parcel, about)
        return True

    async def _documents(
        self, session: Session, waiting: Waiting, wanted: dict[str, tuple[Topic, int] | None]
    ) -> dict[tuple[str, int], bytes]:
        changes = Changes()
        for _, about in waiting:
            followed = wanted[about.topic]
            if followed is None:
                continue
            name = followed[0].resource.last.entity.name
            if name == entities.OBSERVATION.name:
                parcels.observed(changes, about)
            else:
                changes.put(name, [about.number])
        payloads: dict[tuple[str, int], bytes] = {}
        async with self._desk.turn(session), self._pool.connection() as connection:
            scope = await self._gate.scope(connection, session.principal)
            await connection.rollback()
            asked = [Asked(text, scope, each[0]) for text, each in wanted.items() if each is not None]
            answers = self._watch.answer(connection, asked=asked, changes=changes)
            async with contextlib.aclosing(answers):
                async for answer in answers:
                    for update in answer.updates:
                        payloads[update.asked.text, update.number] = update.payload
                    for each in answer.topics if answer.dear else ():
                        self._give_up(session, each.text)
        return payloads

    def _followed(self, session: Session, text: str) -> tuple[Topic, int] | None:
        """The topic as the client follows it now, by its name or by a filter, and how."""
        exact = session.subscriptions.get(text)
        levels = text.removeprefix(self._prefix.strip("/") + "/").split("/")
        fitting = [qos for pattern, qos in session.patterns.values() if pattern.fits(levels)]
        if exact is not None and exact.topic is not None:
            return exact.topic, max((exact.qos, *fitting))
        if not fitting or "?" in text:
            return None
        return topics.parse(text, prefix=self._prefix), max(fitting)
