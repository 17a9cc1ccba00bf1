# SPDX-License-Identifier: EUPL-1.2
"""Answers topics after a batch of changes: one statement for all topics of one shape and one scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec
import structlog

from stadtkern.core import problems
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things import access
from stadtkern.things.language import parser
from stadtkern.things.queries import guard, level, locate
from stadtkern.things.queries.problems import NoSuchEntity
from stadtkern.things.queries.reader import Reader
from stadtkern.things.representation import Document
from stadtkern.things.topics.changes import Changes
from stadtkern.things.topics.topic import Topic

log = structlog.get_logger(__name__)

Key = Callable[[Sequence[Any]], Any]
_encode = msgspec.json.Encoder().encode


class Asked(NamedTuple):
    """A topic as somebody follows it who may see so much."""

    text: str
    scope: Scope
    topic: Topic


class Update(NamedTuple):
    """A document for those who follow a topic with a scope."""

    asked: Asked
    payload: bytes


@dataclass(frozen=True, slots=True)
class Watch:
    """Answers topics on a connection that autocommits. `service` is the address that links begin with."""

    service: str
    timeout: int

    async def answer(
        self, connection: Connection, *, asked: Iterable[Asked], changes: Changes
    ) -> list[Update]:
        """What is to be told after these changes; a topic that fails is left out and named in the log."""
        groups: dict[tuple[object, Scope], dict[str, Asked]] = {}
        for each in asked:
            if changes.of(each.topic.resource.last.entity.name):
                groups.setdefault((each.topic.shape(), each.scope), {})[each.text] = each
        found: list[Update] = []
        for group in groups.values():
            try:
                async with guard.reading(connection, timeout=self.timeout):
                    read = Reader(connection, next(iter(group.values())).scope, self.service)
                    found += await _group(read, list(group.values()), changes)
            except problems.Unavailable:
                raise
            except NoSuchEntity:
                continue  # it was deleted, or may not be seen any more
            except problems.Problem as problem:
                log.warning("a topic could not be answered", topic=next(iter(group)), problem=str(problem))
        return found

    async def now(self, connection: Connection, *, asked: Asked) -> bytes | None:
        """The newest observation of a topic, or what it is now. Raises problems of reads."""
        async with guard.reading(connection, timeout=self.timeout):
            read = Reader(connection, asked.scope, self.service)
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
            dealt += [Update(each, payload) for each in owners.get(key(row), ())]
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
