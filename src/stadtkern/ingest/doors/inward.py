# SPDX-License-Identifier: EUPL-1.2
"""What a broker in front holds for us is stored; only then it may forget it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import psycopg
import psycopg_pool
import structlog
from starlette.datastructures import State

from stadtkern.core import access, problems
from stadtkern.core.access import Gate, Principal, Rights, Scope
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import stopping, taking
from stadtkern.ingest.doors.explaining import Explanations
from stadtkern.ingest.doors.leftovers import Leftovers
from stadtkern.ingest.doors.line import Incoming
from stadtkern.ingest.doors.link import Link
from stadtkern.ingest.doors.taking import Taker
from stadtkern.things.language import paths
from stadtkern.things.topics import plain
from stadtkern.things.topics import topic as topics

log = structlog.get_logger(__name__)

# So many are stored in one go; then others have their turn.
_TOGETHER = 200
_MOST_TRUSTED = 50_000


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


class Inward:
    """Stores messages, many in one go where they are plain observations."""

    def __init__(self, *, settings: Settings, gate: Gate, taker: Taker, link: Link):
        self._prefix = settings.mqtt_prefix
        self._mount = f"{settings.mqtt_in}/"
        self._gate = gate
        self._taker = taker
        self._link = link
        self._explanations = Explanations(link=link)
        self._leftovers = Leftovers(count=taker.dropped)
        self._tasks: dict[asyncio.Task[None], Sequence[Incoming]] = {}
        self._resting = False
        self._trusted: dict[tuple[int, int], tuple[Principal, Entrusted, State]] = {}

    def take(self, messages: Sequence[Incoming]) -> None:
        """Begin to store messages; each is acknowledged when it is on disk or can never be."""
        if self._resting:
            return  # the broker sends them again
        for start in range(0, len(messages), _TOGETHER):
            together = messages[start : start + _TOGETHER]
            self._go(self._together(together), together)

    def line_changed(self) -> None:
        """The line to the broker is another one: what the one before left is given up or counts together."""
        for task, messages in list(self._tasks.items()):
            self._leave(task, messages)

    async def finish(self) -> None:
        """Take no more; wait until what was taken is stored and acknowledged, if that is soon."""
        self._resting = True
        await stopping.settled(lambda: self._tasks)

    async def end(self) -> None:
        """Give up what is not stored yet: the broker sends it again, but for quality of service 0."""
        given_up = [(task, messages) for task, messages in self._tasks.items() if not task.done()]
        for task, _ in given_up:
            task.cancel()
        once = sum(not message.qos for _, messages in given_up for message in messages)
        self._leftovers.lost(once)
        self._leftovers.say()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._explanations.end()

    def _wanted(self, message: Incoming) -> bool:
        """Whether nobody else brings it; with quality of service 1 the broker does, when it comes back."""
        return not message.qos or message.line == self._link.line

    def _go(self, work: Coroutine[Any, Any, None], messages: Sequence[Incoming]) -> None:
        task = asyncio.create_task(work)
        self._tasks[task] = messages
        task.add_done_callback(self._went)
        self._leave(task, messages)

    def _went(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        self._leftovers.release(task)

    def _leave(self, task: asyncio.Task[None], messages: Sequence[Incoming]) -> None:
        """Of what came on a line that is gone go on with what nobody sends again, if there is room for it."""
        if messages[0].line == self._link.line:
            return
        once = sum(self._wanted(message) for message in messages)
        size = sum(message.size for message in messages)
        if not once or not self._leftovers.keep(task, messages=once, size=size):
            task.cancel()
            self._leftovers.lost(once)

    async def _together(self, messages: Sequence[Incoming]) -> None:
        """Store messages in one go; whichever cannot go along is stored by itself."""
        done: set[int] = set()
        try:
            done = await self._plain(messages)
        except Exception:  # one message that nobody foresaw must not stand in the way of others
            log.exception("messages failed together; each is tried by itself", messages=len(messages))
        self._link.acknowledge([messages[position] for position in sorted(done)])
        self._leftovers.release(asyncio.current_task())  # each for itself from now on
        for position, message in enumerate(messages):
            if position not in done and self._wanted(message):
                self._go(self._alone(message), (message,))

    async def _plain(self, messages: Sequence[Incoming]) -> set[int]:
        """The positions of those that are on disk."""
        places, ready = [], []
        for position, message in enumerate(messages):
            entrusted = await self._entrusted(message)
            if entrusted is not None:
                places.append(position)
                ready.append(entrusted)
        return {places[found] for found in await self._taker.together(ready)}

    async def _alone(self, message: Incoming) -> None:
        """Store a message, then let the broker forget it. What can never be stored is forgotten too."""
        topic = message.topic.removeprefix(self._mount)
        wanted = functools.partial(self._wanted, message)
        try:
            await taking.persist(lambda: self._store(topic, message, wanted), topic=topic, wanted=wanted)
        except problems.Unavailable:
            return  # its connection is gone, and the broker sends it again
        except problems.Problem as problem:
            self._taker.refusals.note(topic=topic, client="", problem=problem)
            address = topic.removeprefix(self._prefix).strip("/").rpartition("/")[0]
            self._explanations.tell(topic=topic, address=address, problem=problem)
        self._link.acknowledge((message,))

    async def _store(self, topic: str, message: Incoming, wanted: Callable[[], bool]) -> None:
        number = self._named(topic)
        facts = await self._taker.patiently(
            lambda: self._taker.state.streams.find(number), about=topic, wanted=wanted
        )
        if facts is None:
            raise problems.NotFound(f"there is no series with the id {number}")
        principal, gate, _ = self._trust(int(facts.dataset_id), number)
        await self._taker.take(
            topic=topic, payload=message.payload, principal=principal, arrived=message.arrived,
            gate=gate, wanted=wanted,
        )  # fmt: skip

    async def _entrusted(self, message: Incoming) -> taking.Message | None:
        """A message with the rights of its sender; None where it is wrong, or the store is away."""
        if not self._wanted(message):
            return None
        topic = message.topic.removeprefix(self._mount)
        try:
            number = self._named(topic)
            facts = await self._taker.state.streams.find(number)
        except (problems.Problem, psycopg.OperationalError, psycopg_pool.PoolTimeout, OSError):
            return None  # by itself it is told so, or waits
        if facts is None:
            return None
        principal, _, state = self._trust(int(facts.dataset_id), number)
        return taking.Message(topic, message.payload, principal, state, message.arrived)

    def _named(self, topic: str) -> int:
        """The series that a topic names first, which the broker's rules are about. Raises InvalidTopic."""
        first = paths.parse(topics.below(topic, prefix=self._prefix)).steps[0]
        if first.entity.set not in plain.STREAMS or first.id is None:
            raise topics.InvalidTopic(
                "through this broker observations go to v1.1/Datastreams(…)/Observations"
            )
        return first.id

    def _trust(self, dataset_id: int, datastream_id: int) -> tuple[Principal, Entrusted, State]:
        """As whom messages to a Datastream are stored and by whose judgement; made once for each."""
        known = self._trusted.get((dataset_id, datastream_id))
        if known is None:
            gate = Entrusted(gate=self._gate, dataset_id=dataset_id, datastream_id=datastream_id)
            known = Principal(kind="token", token_id=-dataset_id), gate, self._taker.guarded(gate)
            if len(self._trusted) >= _MOST_TRUSTED:
                self._trusted.clear()
            self._trusted[dataset_id, datastream_id] = known
        return known
