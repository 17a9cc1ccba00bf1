# SPDX-License-Identifier: EUPL-1.2
"""Observations that come as messages go the way of those that are posted."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import psycopg
import psycopg_pool
import structlog
from starlette.datastructures import State

from stadtkern.core import audit, metrics, problems
from stadtkern.core.access import Principal
from stadtkern.core.settings import Settings
from stadtkern.things import entities, readings
from stadtkern.things.api import call as calls
from stadtkern.things.api import door, write
from stadtkern.things.api.call import Call
from stadtkern.things.language import paths
from stadtkern.things.language.paths import Resource
from stadtkern.things.operations.problems import BodyTooLarge
from stadtkern.things.topics import topic as topics

log = structlog.get_logger(__name__)

_T = TypeVar("_T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_PAUSES_AFTER_FAILURES = (0.1, 1.0, 5.0, 15.0)


class MessageFailed(problems.Problem):
    """A message could not be stored, for a reason that nobody foresaw.

    Tell whoever runs the service: the log names the failure. Send the message again when it is mended.
    """

    status = 500


class Publication(Call):
    """A message as the routes see it: a POST to the address that its topic names."""

    __slots__ = ("_payload", "_principal", "arrived")

    def __init__(self, *, path: str, payload: bytes, principal: Principal, state: State, arrived: datetime):
        self.scope = {}
        self.method = "POST"
        self.path = path
        self.state = state
        self._payload = payload
        self._principal = principal
        self.arrived = arrived

    @property
    def service(self) -> str:
        """The address of the service."""
        return str(self.state.settings.base_url) + calls.PREFIX

    async def principal(self) -> Principal:
        """Who sent it."""
        return self._principal

    def header(self, name: bytes) -> str | None:  # noqa: ARG002
        """Messages have none."""
        return None

    async def body(self, *, limit: int) -> bytes:
        """The payload. Raises BodyTooLarge."""
        if len(self._payload) > limit:
            raise BodyTooLarge(f"at most {limit} bytes are taken", where="body", limit=limit)
        return self._payload


_MESSAGES = metrics.REGISTRY.counter(
    "stadtkern_mqtt_messages",
    "Messages by MQTT; `repeated`: tried again while the store is away; `dropped`: of clients that are gone.",
    "outcome",
)


@dataclass(slots=True)
class Counters:
    """What came in by MQTT since the process started."""

    stored: int = 0
    refused: int = 0
    repeated: int = 0
    dropped: int = 0


@dataclass(slots=True)
class Refusals:
    """Names refused messages in the log, but a flood of them only once a second."""

    _next: float = 0.0
    _others: int = 0

    def note(self, *, topic: str, client: str, problem: problems.Problem) -> None:
        """A message was refused."""
        now = time.monotonic()
        if now < self._next:
            self._others += 1
            return
        log.warning(
            "an MQTT message was refused",
            topic=topic[:200], client=client[:60], problem=str(problem), others=self._others,
        )  # fmt: skip
        self._next, self._others = now + 1.0, 0


class Message(NamedTuple):
    """A message whose sender is known. `state` holds whoever judges their rights."""

    topic: str
    payload: bytes
    principal: Principal
    state: State
    arrived: datetime


@dataclass(slots=True)
class Taker:
    """Stores what is published. `state` holds the same as in the data plane."""

    settings: Settings
    state: State
    counters: Counters = field(default_factory=Counters)
    refusals: Refusals = field(default_factory=Refusals)

    def dropped(self, messages: int) -> None:
        """So many are lost: their senders are gone, and too many wait, or the store is away."""
        self.counters.dropped += messages
        _MESSAGES.at("dropped").add(messages)

    async def take(
        self,
        *,
        topic: str,
        payload: bytes,
        principal: Principal,
        arrived: datetime,
        gate: Any = None,
        wanted: Callable[[], bool] | None = None,
    ) -> None:
        """Return when it is on disk, however long the database is away.

        Raises InvalidTopic and every problem that is the message's own: sent again, it fails again.
        Raises Unavailable where it is not `wanted` any more. `arrived` is kept in every attempt.
        """
        try:
            path, resource = _address(topic, self.settings.mqtt_prefix)
            state = self.state if gate is None else self.guarded(gate)
            call = Publication(path=path, payload=payload, principal=principal, state=state, arrived=arrived)
            asking = audit.begin(surface="mqtt", method="PUBLISH", path=topic)
            await self._store(call, resource, wanted)
            if asking.due:
                await self.patiently(lambda: audit.note(state.pool, asking), about=path, wanted=wanted)
        except problems.Unavailable:
            raise
        except problems.Problem:
            self.counters.refused += 1
            _MESSAGES.at("refused").add()
            raise
        self.counters.stored += 1
        _MESSAGES.at("stored").add()

    async def together(self, messages: Sequence[Message]) -> set[int]:
        """Store plain observations in one go; the positions of those that are on disk.

        Every other is to be taken by itself: what is more than a reading, what is wrong, and all of them
        while the store is away.
        """
        found: dict[int, readings.Reading] = {}
        due: dict[int, audit.Asking] = {}
        for position, message in enumerate(messages):
            asking = audit.begin(surface="mqtt", method="PUBLISH", path=message.topic)
            reading = await self._plain(message)
            if reading is not None:
                found[position] = reading
                if asking.due:
                    due[position] = asking
        try:
            answers = await self.state.sink.put(tuple(found.values())) if found else ()
        except problems.Problem:
            return set()  # each says so itself
        stored = {
            position
            for position, answer in zip(found, answers, strict=True)
            if isinstance(answer, readings.Stored)
        }
        for position in due.keys() & stored:
            note = functools.partial(audit.note, self.state.pool, due[position])
            await self.patiently(note, about=due[position].address)
        self.counters.stored += len(stored)
        _MESSAGES.at("stored").add(len(stored))
        return stored

    async def _plain(self, message: Message) -> readings.Reading | None:
        """The reading in a message, None where there is more to it or something wrong with it."""
        try:
            path, resource = _address(message.topic, self.settings.mqtt_prefix)
            if resource is not None and not door.suits(resource):
                return None
            call = Publication(
                path=path, payload=message.payload, principal=message.principal, state=message.state,
                arrived=message.arrived,
            )  # fmt: skip
            found = await door.read(call, datastream_id=resource.steps[0].id if resource else None)
        except (problems.Problem, psycopg.OperationalError, psycopg_pool.PoolTimeout, OSError):
            return None  # tried by itself, it says what is wrong
        return found if isinstance(found, readings.Reading) else None

    async def _store(
        self, call: Publication, resource: Resource | None, wanted: Callable[[], bool] | None
    ) -> None:
        async def store() -> None:
            if resource is None:
                await door.take(call, datastream_id=None)
            else:
                await write.create(call, resource)

        await self.patiently(store, about=call.path, wanted=wanted)

    async def patiently(
        self,
        work: Callable[[], Awaitable[_T]],
        *,
        about: str,
        wanted: Callable[[], bool] | None = None,
    ) -> _T:
        """Do something, again while the store is away. Raises Unavailable where it is not `wanted`."""
        pause = _FIRST_PAUSE
        while True:
            try:
                return await work()
            except problems.Problem as problem:
                if problem.status not in (429, 503):
                    raise
                reason = str(problem)
            except (psycopg.OperationalError, psycopg_pool.PoolTimeout, OSError) as error:
                reason = str(error).strip()
            self.counters.repeated += 1
            _MESSAGES.at("repeated").add()
            if pause >= _LONGEST_PAUSE:
                log.warning("a message waits for the store", path=about[:200], reason=reason)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)
            if wanted is not None and not wanted():
                raise problems.Unavailable(reason)

    def guarded(self, gate: Any) -> State:
        """The same surroundings with another judge of rights."""
        shared = {name: getattr(self.state, name) for name in ("settings", "pool", "sink", "streams")}
        return State({**shared, "gate": gate})


async def persist(work: Callable[[], Awaitable[None]], *, topic: str, wanted: Callable[[], bool]) -> None:
    """Do something, again after failures that nobody foresaw. Raises MessageFailed, Problems.

    Raises Unavailable where it is not `wanted` any more.
    """
    for pause in (*_PAUSES_AFTER_FAILURES, None):
        try:
            return await work()
        except problems.Problem:
            raise
        except Exception as error:
            log.exception("a message failed", topic=topic[:200])
            if pause is None:
                raise MessageFailed from error
        await asyncio.sleep(pause)
        if not wanted():
            raise problems.Unavailable


@lru_cache(maxsize=50_000)
def _address(topic: str, prefix: str) -> tuple[str, Resource | None]:
    """The path that a topic names and what it means; nothing more for that of all Observations."""
    path = topics.below(topic, prefix=prefix)
    if path == "Observations":
        return path, None
    resource = paths.parse(path)
    fits = resource.last.entity is entities.OBSERVATION and resource.last.many
    if not fits or resource.inside or resource.tail:
        raise topics.InvalidTopic("only Observations are made by messages", where=topic[:200])
    return path, resource
