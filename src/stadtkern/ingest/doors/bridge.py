# SPDX-License-Identifier: EUPL-1.2
"""MQTT through a broker in front (Mosquitto): takes what it holds for us, publishes updates, keeps rights."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any

import psycopg
import psycopg_pool
import structlog
from psycopg_pool import AsyncConnectionPool

from stadtkern.core import access, listening, problems, tokens, waiting
from stadtkern.core.access import Gate, Scope
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import rights
from stadtkern.ingest.doors.followed import Followed
from stadtkern.ingest.doors.inward import Inward
from stadtkern.ingest.doors.line import Incoming
from stadtkern.ingest.doors.link import CLIENT_ID, Link
from stadtkern.ingest.doors.taking import Taker
from stadtkern.things.topics import changes as changing
from stadtkern.things.topics import plain
from stadtkern.things.topics import topic as topics
from stadtkern.things.topics.changes import Changes
from stadtkern.things.topics.watch import Asked, Watch

log = structlog.get_logger(__name__)

_SYNC_SECONDS = 60.0
_AGAIN_SECONDS = 2.0


class Bridge:
    """Use `listening` as a context."""

    def __init__(
        self,
        *,
        settings: Settings,
        pool: AsyncConnectionPool[Connection],
        gate: Gate,
        taker: Taker,
        watch: Watch,
    ):
        self._settings = settings
        self._pool = pool
        self._gate = gate
        self._watch = watch
        self._link = Link(
            url=settings.mqtt_url or "",
            topics=(f"{settings.mqtt_in}/#", f"{CLIENT_ID}/topics", "$SYS/broker/log/M/subscribe"),
            received=self._received,
            connected=self._connected,
        )
        self._inward = Inward(settings=settings, gate=gate, taker=taker, link=self._link)
        self._rights = rights.Rights(link=self._link)
        self._followed = Followed(prefix=settings.mqtt_prefix)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stale: set[int] = set()
        self._secrets: dict[int, str] = {}
        self._due = asyncio.Event()
        self._values: dict[str, bytes] = {}
        self._following = -1
        self.settled = asyncio.Event()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Be connected for the time of the block, or try to."""
        loops = [asyncio.create_task(self._keep_rights(), name="mqtt-rights")]
        async with (
            listening.Listener(
                pool=self._pool, channel=access.CHANNEL, news=self._rights_changed, gather=0.2
            ),
            listening.Listener(
                pool=self._pool, channel="things_changed", news=self._rights_changed, gather=0.5
            ),
            listening.Listener(pool=self._pool, channel=tokens.CHANNEL, news=self._token_made),
        ):
            self._link.start()
            try:
                yield 0
            finally:
                await self._end(loops)

    async def _end(self, loops: Sequence[asyncio.Task[None]]) -> None:
        """Acknowledge what is stored soon, then leave; what we began ends in any case."""
        try:
            self._link.rest()
            await self._inward.finish()
        finally:
            try:
                await self._link.stop()
            finally:
                for task in (*loops, *self._tasks):
                    task.cancel()
                try:
                    await asyncio.gather(*loops, *self._tasks, return_exceptions=True)
                finally:
                    await self._inward.end()

    def guards(self, datastream_id: int) -> bool:
        """Whether the broker keeps the topics of a protected Datastream from strangers."""
        return any(stream.id == datastream_id for stream in self._rights.guarded)

    def _connected(self) -> None:
        self._inward.line_changed()
        self._due.set()

    def _received(self, messages: Sequence[Incoming]) -> None:
        inward = f"{self._settings.mqtt_in}/"
        observed = [message for message in messages if message.topic.startswith(inward)]
        if observed:
            self._inward.take(observed)
        for message in messages if len(observed) < len(messages) else ():
            if not message.topic.startswith(inward):
                self._link.acknowledge((message,))
                self._hear(message)

    def _hear(self, message: Incoming) -> None:
        """A line of the broker's log, or our own list."""
        try:
            new = self._followed.heard(message.topic, message.payload)
        except Exception:  # what nobody foresaw must not end the connection
            log.exception("a message of the MQTT broker could not be read", topic=message.topic[:200])
            return
        if new:
            self._go(self._publish((f"{CLIENT_ID}/topics", self._followed.remembered(), True)))

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _publish(self, message: tuple[str, bytes, bool]) -> None:
        await self._link.publish([message])

    async def tell(self, changes: Changes) -> None:
        """Publish what changed; while the broker is away, only which datastreams have news is kept."""
        if not self._link.up:
            self._stale.update(changes.streams)
            return
        if self._stale:
            changes.newest |= self._stale
            changes.add("things.observations", {"datastreams": sorted(self._stale)})
            await self._complete(changes)
        messages = await self._messages(changes)
        if await self._link.publish(messages):
            self._stale.clear()
        else:
            self._stale.update(changes.streams)

    async def _complete(self, changes: Changes) -> None:
        async with self._pool.connection() as connection:
            await changing.complete(connection, changes)

    async def _messages(self, changes: Changes) -> list[tuple[str, bytes, bool]]:
        async with self._pool.connection() as connection:
            public = await self._gate.scope(connection, access.ANONYMOUS)
            await connection.rollback()
            answers = self._watch.answer(connection, asked=self._asked(changes, public), changes=changes)
            async with contextlib.aclosing(answers):
                found = [answer async for answer in answers]
        self._followed.forget(each.text for answer in found if answer.dear for each in answer.topics)
        messages: list[tuple[str, bytes, bool]] = []
        for asked, payload, _ in [update for answer in found for update in answer.updates]:
            kept = asked.topic.of_observations and not asked.topic.options.given
            if asked.topic.kind == "property":
                if self._values.get(asked.text) == payload:
                    continue
                self._values[asked.text] = payload
            messages.append((asked.text, payload, kept))
        return messages

    def _asked(self, changes: Changes, public: Scope) -> list[Asked]:
        """Everything public under its plain topics, what else is followed, and guarded Datastreams."""
        found = [self._asks("/".join(levels), public) for levels in plain.paths(changes)]
        found += [Asked(topic.text, public, topic) for topic in self._followed.topics()]
        for stream in self._rights.guarded:
            if stream.id in changes.streams:
                own, address = Scope((stream.dataset_id,), False), f"{stream.set}({stream.id})"
                found += [self._asks(address, own), self._asks(f"{address}/Observations", own)]
        return found

    def _asks(self, path: str, scope: Scope) -> Asked:
        text = f"{self._settings.mqtt_prefix}/{path}"
        return Asked(text, scope, topics.parse(text, prefix=self._settings.mqtt_prefix))

    async def _rights_changed(self, connection: Connection, heard: Sequence[str]) -> None:  # noqa: ARG002
        self._due.set()

    async def _token_made(self, connection: Connection, heard: Sequence[str]) -> None:  # noqa: ARG002
        """The one moment at which a token's secret is known: kept here until the broker has it."""
        for text in heard:
            made = json.loads(text)
            self._secrets[int(made["id"])] = str(made["secret"])
        self._due.set()

    async def _keep_rights(self) -> None:
        """Bring rights to the broker when something changed, and once a minute for what expires."""
        seconds = _SYNC_SECONDS
        while True:
            await waiting.pause(self._due, seconds=seconds)
            self._due.clear()
            seconds = _SYNC_SECONDS
            if not self._link.up:
                continue
            try:
                await self._bring()
            except rights.ConnectAgain:
                log.info("our own role at the MQTT broker is new; we connect again")
            except (problems.Problem, psycopg.Error, psycopg_pool.PoolTimeout, OSError) as error:
                log.error("rights could not be brought to the MQTT broker", error=str(error).strip())
                seconds = _AGAIN_SECONDS

    async def _bring(self) -> None:
        fresh = dict(self._secrets)  # before we look: of those that come meanwhile the look knows nothing
        async with self._pool.connection() as connection:
            target = await rights.wanted(connection, settings=self._settings)
        line = self._link.line
        await self._rights.bring(target)
        if self._following != line:
            self._link.follow()
            self._following = line
        self.settled.set()
        for token_id, secret in fresh.items():
            held = target.users.get(rights.user(token_id))
            if held is not None:
                await self._rights.admit(token_id=token_id, secret=secret, roles=held)
            self._secrets.pop(token_id, None)
        if self._stale:
            await self.tell(Changes())
