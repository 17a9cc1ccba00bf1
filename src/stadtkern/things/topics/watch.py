# SPDX-License-Identifier: EUPL-1.2
"""Answers topics after a batch of changes: one statement for all topics of one shape and one scope."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec
import structlog

from stadtkern.core import problems
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import access, entities
from stadtkern.things.language import parser
from stadtkern.things.queries import guard, level, locate
from stadtkern.things.queries.problems import AnswerTooLarge, NoSuchEntity, QueryTooExpensive
from stadtkern.things.queries.reader import Reader
from stadtkern.things.representation import Document
from stadtkern.things.store import batch
from stadtkern.things.topics.changes import Changes
from stadtkern.things.topics.topic import Topic

log = structlog.get_logger(__name__)

# Seconds for a shape of particular topics, for all of them after one batch of changes, and what counts as
# long where these did not suffice. The others wait for them, so they are short.
PARTICULAR_SECONDS = 0.5
TOGETHER_SECONDS = 1.0
LONG_SECONDS = 0.05
# What the planner may expect of a topic for one change, in its units: about a tenth of a second.
MAX_COST = guard.MAX_COST / 20
MAX_ROWS = 20_000

Key = Callable[[Sequence[Any]], Any]
_encode = msgspec.json.Encoder().encode


class Asked(NamedTuple):
    """A topic as somebody follows it who may see so much."""

    text: str
    scope: Scope
    topic: Topic


class Update(NamedTuple):
    """A document for those who follow a topic with a scope; `number` is the id of what it shows."""

    asked: Asked
    payload: bytes
    number: int


class TopicTooExpensive(problems.Problem):
    """Following this topic takes too much work.

    Ask for less: a filter on the entity itself, a shorter way, fewer expansions; then subscribe again.
    """

    status = 422


class Answer(NamedTuple):
    """What topics of one shape tell; `dear` where that takes so much that nobody should follow them."""

    topics: Sequence[Asked]
    updates: Sequence[Update] = ()
    dear: bool = False


@dataclass(frozen=True, slots=True)
class Watch:
    """Answers topics on a connection that autocommits. `service` is the address that links begin with.

    `timeout` in milliseconds holds for topics that are not particular.
    """

    service: str
    timeout: int

    async def answer(
        self, connection: Connection, *, asked: Iterable[Asked], changes: Changes
    ) -> AsyncGenerator[Answer]:
        """What is to be told after these changes; a topic that fails is left out and named in the log.

        Particular topics come last, in the order given, and share one second. Who is not reached misses these
        changes; what took long is then dear, so that there is room the next time.
        """
        groups: dict[tuple[object, Scope], dict[str, Asked]] = {}
        for each in asked:
            if changes.of(each.topic.resource.last.entity.name):
                groups.setdefault((each.topic.shape(), each.scope), {})[each.text] = each
        found = [list(group.values()) for group in groups.values()]
        for group in found:
            if not group[0].topic.particular:
                yield await self._answer(connection, group, changes, seconds=self.timeout / 1_000)
        particular = [group for group in found if group[0].topic.particular]
        clock, long = asyncio.get_running_loop().time, []
        until = clock() + TOGETHER_SECONDS
        for group in particular:
            begun = clock()
            if begun >= until:
                break
            seconds = min(PARTICULAR_SECONDS, until - begun)
            answer = await self._answer(connection, group, changes, seconds=seconds)
            if answer.dear and clock() - begun <= min(LONG_SECONDS, seconds):
                answer = Answer(group)  # it came too late to have a fair chance
            elif clock() - begun > LONG_SECONDS and not answer.dear:
                long.append(answer)
            yield answer
        if clock() >= until:
            log.warning("following topics takes too long", shapes=len(particular), long=len(long))
            for answer in long:
                yield Answer(answer.topics, dear=True)

    async def _answer(
        self, connection: Connection, group: Sequence[Asked], changes: Changes, *, seconds: float
    ) -> Answer:
        try:
            async with self._reading(connection, group[0], seconds=seconds) as read:
                return Answer(group, await _group(read, group, changes))
        except problems.Unavailable:
            raise
        except NoSuchEntity:
            return Answer(group)  # it was deleted, or may not be seen any more
        except problems.Problem as problem:
            log.warning("a topic could not be answered", topic=group[0].text, problem=str(problem))
            dear = isinstance(problem, (QueryTooExpensive, AnswerTooLarge)) and group[0].topic.particular
            return Answer(group, dear=dear)

    @asynccontextmanager
    async def _reading(
        self, connection: Connection, asked: Asked, *, seconds: float
    ) -> AsyncIterator[Reader]:
        """Read for so long at most, all statements together. Raises QueryTooExpensive, problems of reads."""
        budget = {"budget": MAX_ROWS} if asked.topic.particular else {}
        try:
            async with (
                asyncio.timeout(seconds),
                guard.reading(connection, timeout=max(1, int(seconds * 1_000))),
            ):
                yield Reader(connection, asked.scope, self.service, **budget)
        except TimeoutError as error:
            raise QueryTooExpensive(f"it was stopped after {seconds:.1f} s") from error

    async def check(self, connection: Connection, *, asked: Asked) -> None:
        """Raise QueryTooExpensive where much work is to be expected of one change; problems of reads."""
        if not asked.topic.particular:
            return
        changes, name = Changes(), asked.topic.resource.last.entity.name
        if name == entities.OBSERVATION.name:
            changes.observed(1, 1, batch.EPOCH)
        else:
            changes.put(name, [1])
        async with self._reading(connection, asked, seconds=PARTICULAR_SECONDS):
            prepared = asked.topic.level(asked.scope)
            changed = changes.condition(prepared.place, name)
            statement = level.plain(prepared, extra=[changed], limit=None)
            await guard.check_cost(connection, statement, most=MAX_COST)

    async def now(self, connection: Connection, *, asked: Asked) -> bytes | None:
        """The newest observation of a topic, or what it is now. Raises problems of reads."""
        seconds = PARTICULAR_SECONDS if asked.topic.particular else self.timeout / 1_000
        async with self._reading(connection, asked, seconds=seconds) as read:
            steps = asked.topic.resource.steps
            if asked.topic.kind != "collection":
                number = await locate.identify(connection, asked.scope, steps=steps)
                found = await _entities(read, asked, [number])
                return _shown(asked.topic, found[0][1]) if found else None
            newest = replace(
                asked.topic.options, order=parser.orders("phenomenonTime desc", where="$orderby")
            )
            parent = await locate.parent(connection, asked.scope, steps=steps)
            prepared = replace(asked.topic, options=newest).level(asked.scope)
            found = await read.some(prepared, extra=[level.of_parent(prepared, parent)], limit=1)
            return _encode(found[0][1]) if found else None


async def _group(read: Reader, group: Sequence[Asked], changes: Changes) -> list[Update]:
    """Topics of one shape: what changed is read once and handed to those whom it belongs to."""
    first = group[0]
    topic, steps = first.topic, first.topic.resource.steps
    if topic.direct and topic.kind == "collection":
        prepared = topic.level(first.scope)
        found = await read.some(prepared, extra=[changes.condition(prepared.place, prepared.entity.name)])
        return _dealt(group, found, changes, whose=_nobody, key=_nobody)
    if topic.direct:
        touched = set(changes.of(steps[0].entity.name))
        wanted = [each for each in group if each.topic.resource.last.id in touched]
        found = await _entities(read, first, [each.topic.resource.last.id or 0 for each in wanted])
        return _dealt(
            wanted, found, changes, whose=lambda e: e.topic.resource.last.id, key=lambda row: row[0]
        )
    if topic.parent is not None:
        prepared = topic.level(first.scope)
        column = f"{prepared.place.alias}.{topic.parent.remote}"
        prepared.columns.append(Fragment(column))
        parents = [each.topic.resource.steps[0].id for each in group]
        extra = [
            Fragment(f"{column} = any(%s::bigint[])", (parents,)),
            _seen_above(first, column),
            changes.condition(prepared.place, prepared.entity.name),
        ]
        found = await read.some(prepared, extra=extra)
        return _dealt(
            group, found, changes, whose=lambda e: e.topic.resource.steps[0].id, key=lambda r: r[-1]
        )
    return await _far(read, first, changes)


async def _far(read: Reader, asked: Asked, changes: Changes) -> list[Update]:
    """A topic whose way leads over several entities."""
    topic, steps = asked.topic, asked.topic.resource.steps
    if topic.kind == "collection":
        parent = await locate.parent(read.connection, asked.scope, steps=steps)
        prepared = topic.level(asked.scope)
        changed = changes.condition(prepared.place, prepared.entity.name)
        found = await read.some(prepared, extra=[level.of_parent(prepared, parent), changed])
        return _dealt([asked], found, changes, whose=_nobody, key=_nobody)
    number = await locate.identify(read.connection, asked.scope, steps=steps)
    touched = number in changes.of(steps[-1].entity.name)
    found = await _entities(read, asked, [number]) if touched else []
    return _dealt([asked], found, changes, whose=_nobody, key=_nobody)


async def _entities(read: Reader, asked: Asked, numbers: Sequence[int]) -> list[tuple[Any, Document]]:
    prepared = asked.topic.level(asked.scope)
    return await read.some(
        prepared, extra=[Fragment(f"{prepared.place.alias}.id = any(%s::bigint[])", (list(numbers),))]
    )


def _nobody(_: object) -> None:
    """What belongs to a collection as a whole has no owner among the topics."""


def _seen_above(asked: Asked, column: str) -> Fragment:
    """What lies below an entity that may not be seen is not told of under its address."""
    above = asked.topic.resource.steps[0].entity
    head = Fragment("exists (select 1 from ") + Fragment(
        f"{above.table} above where above.id = {column} and "
    )
    return head + access.visible(scope=asked.scope, entity=above, alias="above") + Fragment(")")


def _dealt(
    group: Sequence[Asked],
    found: Sequence[tuple[Any, Document]],
    changes: Changes,
    *,
    whose: Callable[[Asked], int | None],
    key: Key,
) -> list[Update]:
    """Documents in the order of what happened, each to the topics it belongs to."""
    if not group:
        return []
    owners: dict[int | None, list[Asked]] = {}
    for each in group:
        owners.setdefault(whose(each), []).append(each)
    touched = changes.of(group[0].topic.resource.last.entity.name)
    at = {number: position for position, number in enumerate(touched)}
    dealt: list[Update] = []
    for row, document in sorted(found, key=lambda pair: at.get(pair[0][0], 0)):
        payload = _shown(group[0].topic, document)
        if payload is not None:
            dealt += [Update(each, payload, row[0]) for each in owners.get(key(row), ())]
    return dealt


def _shown(topic: Topic, document: Document) -> bytes | None:
    """The document, or of a property its name and value (18-088, clause 14.2); None where it has none."""
    if topic.kind != "property":
        return _encode(document)
    name, *keys = topic.resource.inside
    value = document.get("@iot.id" if name in ("id", "@iot.id") else name)
    if keys and isinstance(value, msgspec.Raw):
        value = msgspec.json.decode(value)
    for name in keys:
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return None if value is None else _encode({name: value})
