# SPDX-License-Identifier: EUPL-1.2
"""Walks over a collection in pieces, each in a short transaction that begins where the last one ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from stadtkern.core.access import Principal
from stadtkern.things.api.call import Call
from stadtkern.things.language.paths import Resource
from stadtkern.things.language.tree import Options
from stadtkern.things.queries import guard, keyset, locate, patience, reader, rows
from stadtkern.things.queries.level import Level
from stadtkern.things.queries.locate import Parent
from stadtkern.things.queries.problems import NoSuchEntity
from stadtkern.things.representation import Document

# Rows that are read, written and sent at a time: enough to be fast, little enough to let others in between.
ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the entities.

    `count` is set on the first piece where it was asked for, `next` on the last; `level` tells what stands in
    rows, `parent` is the address of the entity they belong to.
    """

    items: list[Any]
    next: str | None = None
    count: Document | None = None
    done: bool = True
    level: Level | None = None
    parent: str = ""


@asynccontextmanager
async def opened(call: Call, principal: Principal) -> AsyncIterator[reader.Reader]:
    """A reader with what the principal may see now."""
    timeout = call.state.settings.statement_timeout
    async with call.state.pool.connection() as connection, guard.reading(connection, timeout=timeout):
        scope = await call.state.gate.scope(connection, principal)
        yield reader.Reader(connection, scope, call.service)


async def documents(
    call: Call, resource: Resource, options: Options, *, most: int | None
) -> AsyncIterator[Piece]:
    """Documents of a collection up to `most` (None: all there are)."""
    principal, left = await call.principal(), most
    while True:
        step = reader.MAX_TOP if left is None else min(left, reader.MAX_TOP)
        asked = replace(options, top=step)
        found = await patience.patiently(call.state.pool, partial(_follow, call, principal, resource, asked))
        items, link = found.pop("value"), found.pop("@iot.nextLink", None)
        left = None if left is None else left - len(items)
        done = link is None or left == 0
        yield Piece(items, link if done else None, found if options.count else None, done)
        if link is None or done:
            return
        options = replace(options, token=_token(link), skip=0, count=False)


async def _follow(call: Call, principal: Principal, resource: Resource, options: Options) -> Document:
    async with opened(call, principal) as read:
        return await reader.follow(read, resource=resource, options=options)


def _token(link: str) -> str:
    return dict(parse_qsl(urlsplit(link).query))["$skiptoken"]


async def observations(
    call: Call, resource: Resource, options: Options, *, most: int | None
) -> AsyncIterator[Piece]:
    """Rows of one Datastream's Observations up to `most`, without a document for each of them."""
    principal, left, first = await call.principal(), most, True
    while True:
        step = ROWS if left is None else min(left, ROWS)
        counted = first and options.count
        parent, count, prepared, found = await patience.patiently(
            call.state.pool,
            partial(_piece, call, principal, resource, options, step, counted),
        )
        items = found[:step]
        left = None if left is None else left - len(items)
        more = len(found) > step > 0
        done = not more or left == 0
        token = keyset.write_token(prepared.keys, prepared.key_values(items[-1])) if more else None
        address = f"{call.service}/{parent.entity.set}({parent.id})"
        link = None
        if token and done:
            link = reader.next_link(f"{address}/{parent.relation.name}", options, token)
        yield Piece(items, link, count, done, prepared, address)
        if done:
            return
        options, first = replace(options, token=token, skip=0), False


async def _piece(
    call: Call, principal: Principal, resource: Resource, options: Options, step: int, counted: bool
) -> tuple[Parent, Document | None, Level, list[rows.Row]]:
    async with opened(call, principal) as read:
        parent = await _parent(read, resource)
        count = await _count(read, resource, options) if counted else None
        prepared, found = await _rows(read, resource, options, parent, limit=step + 1)
    return parent, count, prepared, found


async def _parent(read: reader.Reader, resource: Resource) -> Parent:
    found = await locate.parent(read.connection, read.scope, steps=resource.steps)
    if found is None:
        raise NoSuchEntity
    return found


async def _rows(
    read: reader.Reader, resource: Resource, options: Options, parent: Parent, *, limit: int
) -> tuple[Level, list[rows.Row]]:
    prepared = await read.prepare(entity=resource.last.entity, options=options, parent=parent)
    return prepared, [] if limit == 1 else await read.page(prepared, parent, limit=limit)


async def _count(read: reader.Reader, resource: Resource, options: Options) -> Document:
    counting = Options(filter=options.filter, top=0, count=True)
    found = await reader.follow(read, resource=resource, options=counting)
    return {key: value for key, value in found.items() if key.startswith("@iot.count")}
