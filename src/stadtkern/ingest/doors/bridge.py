# SPDX-License-Identifier: EUPL-1.2
"""MQTT through a broker in front (Mosquitto): takes what it holds for us, publishes updates, keeps rights."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
import psycopg_pool
import structlog
from psycopg_pool import AsyncConnectionPool

from stadtkern.core import access, listening, problems, times, tokens, waiting
from stadtkern.core.access import Gate, Principal, Rights, Scope
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import rights, taking
from stadtkern.ingest.doors.followed import Followed
from stadtkern.ingest.doors.link import CLIENT_ID, Incoming, Link
from stadtkern.ingest.doors.taking import Taker
from stadtkern.things.language import paths
from stadtkern.things.topics import changes as changing
from stadtkern.things.topics import plain
from stadtkern.things.topics import topic as topics
from stadtkern.things.topics.changes import Changes
from stadtkern.things.topics.watch import Asked, Watch

log = structlog.get_logger(__name__)

_SYNC_SECONDS = 60.0
_AGAIN_SECONDS = 2.0
_encode = msgspec.json.Encoder().encode


class Entrusted:
    """Judges messages whose sender's right to publish to this one Datastream the broker has checked."""

    def __init__(self, *, gate: Gate, dataset_id: int, datastream_id: int):
        self._gate = gate
        self._dataset_id = dataset_id
        self._datastream_id = datastream_id

    @property
    def epoch(self) -> int:
        """As of the gate."""
        return self._gate.epoch

    async def require(
        self, principal: Principal, *, dataset_id: int, verb: access.Verb, datastream_id: int | None = None
    ) -> None:
        """Let pass, or raise Forbidden, NotFound."""
        rights = await self.rights(principal)
        access.check(
            rights=rights, scope=_ONLY_PUBLIC, dataset_id=dataset_id, verb=verb, datastream_id=datastream_id
        )

    async def rights(self, principal: Principal) -> Rights:  # noqa: ARG002
        """To add observations to that Datastream, and nothing else."""
        return Rights({}, {(self._dataset_id, self._datastream_id): frozenset({"create"})})

    async def scope(self, connection: Connection, principal: Principal) -> Scope:  # noqa: ARG002
        """What everybody sees, and that dataset."""
        public = await self._gate.scope(connection, access.ANONYMOUS)
        if public.allows(self._dataset_id):
            return public
        if public.negated:
            return Scope(tuple(each for each in public.ids if each != self._dataset_id), True)
        return Scope((*public.ids, self._dataset_id), False)


_ONLY_PUBLIC = Scope((), False)


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
        self._taker = taker
        self._watch = watch
        self._link = Link(
            url=settings.mqtt_url or "",
            topics=(f"{settings.mqtt_in}/#", f"{CLIENT_ID}/topics", "$SYS/broker/log/M/subscribe"),
            received=self._received,
            connected=self._connected,
        )
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
                await asyncio.to_thread(self._link.stop)
                for task in (*loops, *self._tasks):
                    task.cancel()
                await asyncio.gather(*loops, *self._tasks, return_exceptions=True)

    def guards(self, datastream_id: int) -> bool:
        """Whether the broker keeps the topics of a protected Datastream from strangers."""
        return any(stream.id == datastream_id for stream in self._rights.guarded)

    def _connected(self) -> None:
        self._due.set()

    def _received(self, message: Incoming) -> None:
        if message.topic.startswith(f"{self._settings.mqtt_in}/"):
            task = asyncio.create_task(self._take(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        self._link.acknowledge(message)
        if self._followed.heard(message.topic, message.payload):
            remembered = (f"{CLIENT_ID}/topics", self._followed.remembered(), True)
            task = asyncio.create_task(self._forget_answer(self._link.publish([remembered])))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _forget_answer(self, work: Any) -> None:
        await work

    async def _take(self, message: Incoming) -> None:
        """Store a message, then let the broker forget it. What can never be stored is forgotten too."""
        topic = message.topic.removeprefix(f"{self._settings.mqtt_in}/")
        store = functools.partial(self._store, topic, message.payload, times.now())
        try:
            await taking.persist(store, topic=topic)
        except problems.Problem as problem:
            self._taker.refusals.note(topic=topic, client="", problem=problem)
            address = topic.removeprefix(self._settings.mqtt_prefix).strip("/").rpartition("/")[0]
            document = _encode({"topic": topic[:500], "error": problem.document()})
            errors = (f"errors/{address[:200] or 'other'}", document, False)
            await self._link.publish([errors])
        self._link.acknowledge(message)

    async def _store(self, topic: str, payload: bytes, arrived: datetime) -> None:
        datastream_id, dataset_id = await self._owner(topic)
        await self._taker.take(
            topic=topic,
            payload=payload,
            principal=Principal(kind="token", token_id=-dataset_id),
            gate=Entrusted(gate=self._gate, dataset_id=dataset_id, datastream_id=datastream_id),
            arrived=arrived,
        )

    async def _owner(self, topic: str) -> tuple[int, int]:
        """The Datastream that a topic names first, which the broker's rules are about, and its dataset."""
        path = topics.below(topic, prefix=self._settings.mqtt_prefix)
        first = paths.parse(path).steps[0]
        if first.entity.set not in plain.STREAMS or first.id is None:
            raise topics.InvalidTopic(
                "through this broker observations go to v1.1/Datastreams(…)/Observations"
            )
        number = first.id
        facts = await self._taker.patiently(lambda: self._taker.state.streams.find(number), about=path)
        if facts is None:
            raise problems.NotFound(f"no {first.entity.name} with the id {first.id}")
        return number, int(facts.dataset_id)

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
