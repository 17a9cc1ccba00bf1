# SPDX-License-Identifier: EUPL-1.2
"""Walks over a collection in pieces, each in a short transaction that begins where the last one ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from stadtkern.core.fragments import Fragment
from stadtkern.things.aggregate import span
from stadtkern.things.api.call import Call
from stadtkern.things.api.formats import blocks
from stadtkern.things.api.formats.blocks import Block
from stadtkern.things.language.paths import Resource
from stadtkern.things.language.tree import Options
from stadtkern.things.queries import (
    guard,
    keyset,
    level,
    locate,
    onward,
    patience,
    reach,
    reader,
    rows,
    windows,
)
from stadtkern.things.queries.level import Level
from stadtkern.things.queries.locate import Parent
from stadtkern.things.queries.problems import ForeignToken, NoSuchEntity
from stadtkern.things.representation import Document
from stadtkern.things.store.batch import instant

# Rows that are read, written and sent at a time: enough to be fast, little enough to let others in between.
ROWS = 2_000
BLOCK = 5_000
# How much wider the next window is where few rows were found, and how many rows it may hold.
_GROWTH = 16
_ROWS_LOOKED_AT = 1_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the entities.

    `count` is set on the first piece where it was asked for, `next` on the last; `level` tells what stands in
    rows, `parent` is the address of the entity they belong to; a `block` stands instead of items.
    """

    items: list[Any]
    next: str | None = None
    count: Document | None = None
    done: bool = True
    level: Level | None = None
    parent: str = ""
    block: Block | None = None


@asynccontextmanager
async def opened(call: Call) -> AsyncIterator[reader.Reader]:
    """A reader with what the asker may see now; a token that has ended ends a walk. Raises Unauthorised."""
    principal = await call.principal()
    timeout = call.state.settings.statement_timeout
    async with call.state.pool.connection() as connection, guard.reading(connection, timeout=timeout):
        scope = await call.state.gate.scope(connection, principal)
        yield reader.Reader(connection, scope, call.service)


async def documents(
    call: Call, resource: Resource, options: Options, *, most: int | None
) -> AsyncIterator[Piece]:
    """Documents of a collection up to `most` (None: all there are)."""
    left = most
    while True:
        step = reader.MAX_TOP if left is None else min(left, reader.MAX_TOP)
        asked = replace(options, top=step)
        found = await patience.patiently(call.state.pool, partial(_follow, call, resource, asked))
        items, link = found.pop("value"), found.pop("@iot.nextLink", None)
        left = None if left is None else left - len(items)
        done = link is None or left == 0
        yield Piece(items, link if done else None, found if options.count else None, done)
        if link is None or done:
            return
        options = replace(options, token=_token(link), skip=0, count=False)


async def _follow(call: Call, resource: Resource, options: Options) -> Document:
    async with opened(call) as read:
        return await reader.follow(read, resource=resource, options=options)


def _token(link: str) -> str:
    return dict(parse_qsl(urlsplit(link).query))["$skiptoken"]


async def observations(
    call: Call, resource: Resource, options: Options, *, most: int | None
) -> AsyncIterator[Piece]:
    """One Datastream's Observations up to `most`, without a document for each of them."""
    if blocks.fit(options):
        async for piece in _Blocks(call, resource, options, most).pieces():
            yield piece
        return
    left, first = most, True
    while True:
        step = ROWS if left is None else min(left, ROWS)
        counted = first and options.count
        work = partial(_piece, call, resource, options, step, counted)
        parent, count, prepared, found = await patience.patiently(call.state.pool, work)
        items = found[:step]
        left = None if left is None else left - len(items)
        more = len(found) > step > 0
        done = not more or left == 0
        token = keyset.write_token(prepared.keys, prepared.key_values(items[-1])) if more else None
        address = f"{call.service}/{parent.entity.set}({parent.id})"
        link = None
        if token and done:
            link = onward.link(f"{address}/{parent.relation.name}", options, token)
        yield Piece(items, link, count, done, prepared, address)
        if done:
            return
        options, first = replace(options, token=token, skip=0), False


async def _piece(
    call: Call, resource: Resource, options: Options, step: int, counted: bool
) -> tuple[Parent, Document | None, Level, list[rows.Row]]:
    async with opened(call) as read:
        parent = await _parent(read, resource)
        count = await _count(read, resource, options) if counted else None
        prepared, found = await _rows(read, resource, options, parent, limit=step + 1)
    return parent, count, prepared, found


class _Blocks:
    """Goes over the observations of one Datastream in the order of time, window by window, in blocks."""

    def __init__(self, call: Call, resource: Resource, options: Options, most: int | None):
        self._call, self._resource, self._options = call, resource, options
        self._left = most
        self._descending = bool(options.order) and options.order[0].descending
        self._reached: list[str | None] | None = None
        self._edge: datetime | None = None
        self._width = timedelta(0)

    async def pieces(self) -> AsyncIterator[Piece]:
        """The pieces; the last one knows whether there is more behind it."""
        waiting, first = None, True
        while True:
            step = BLOCK if self._left is None else min(self._left, BLOCK)
            work = partial(self._piece, step, first)
            piece, parent, ended = await patience.patiently(self._call.state.pool, work)
            block = piece.block or blocks.NOTHING
            if self._left is not None:
                self._left -= block.n
            if waiting is None and self._left == 0:
                waiting = piece
            if ended or (waiting is not None and block.more):
                link = self._link(waiting or piece, parent) if block.more else None
                yield replace(waiting or piece, next=link, done=True)
                return
            if waiting is None:
                yield piece
            first = False

    async def _piece(self, step: int, first: bool) -> tuple[Piece, Parent, bool]:
        """The next piece, whom it belongs to, and whether there is nothing behind it."""
        async with opened(self._call) as read:
            parent = await _parent(read, self._resource)
            counted = first and self._options.count
            count = await _count(read, self._resource, self._options) if counted else None
            prepared = await read.prepare(
                entity=self._resource.last.entity, options=replace(self._options, token=None), parent=parent
            )
            if first and self._options.token is not None:
                self._go_to(keyset.read_token(prepared.keys, self._options.token))
            block, ended = await self._block(read, prepared, parent, step)
        address = f"{read.service}/{parent.entity.set}({parent.id})"
        return Piece([], None, count, False, prepared, address, block), parent, ended

    async def _block(
        self, read: reader.Reader, prepared: Level, parent: Parent, step: int
    ) -> tuple[Block, bool]:
        """The next rows, and whether there is nothing behind the window they were looked for in."""
        bounds = span.of(self._options.filter)
        known = await windows.extent(read.connection, read.scope, parent)
        if known is None:
            return blocks.NOTHING, True
        low = known.first if bounds.start is None else max(known.first, instant(bounds.start))
        high = known.last if bounds.end is None else min(known.last, instant(bounds.end - 1))
        if self._edge is not None:
            low, high = (low, min(high, self._edge)) if self._descending else (max(low, self._edge), high)
        if low > high:
            return blocks.NOTHING, True
        self._width = self._width or (known.last - known.first) * min(1.0, 2 * (step + 1) / known.n)
        widest = max((known.last - known.first) * min(1.0, _ROWS_LOOKED_AT / known.n), self._width)
        ended = high - low <= self._width
        if not ended:
            low, high = (high - self._width, high) if self._descending else (low, low + self._width)
        column = Fragment(f"{prepared.place.alias}.phenomenon_time between ")
        extra = [level.of_parent(prepared, parent), column + Fragment("%s and %s", (low, high))]
        if self._reached is not None:
            extra.append(keyset.after(prepared.keys, self._reached))
        await reach.between(read.connection, read.scope, datastream_ids=[parent.id], low=low, high=high)
        block = await blocks.read(read.connection, prepared, extra=extra, step=step)
        if block.n and step:
            self._go_to(block.last)
        if not block.more:
            self._edge = low if self._descending else high
            self._width = min(self._width * (2 if 4 * block.n > step else _GROWTH), widest)
        return block, ended and not block.more

    def _go_to(self, values: list[str | None]) -> None:
        self._reached, self._edge = values, _moment(values[0])

    def _link(self, piece: Piece, parent: Parent) -> str | None:
        if piece.level is None or self._reached is None:
            return None
        token = keyset.write_token(piece.level.keys, self._reached)
        return onward.link(f"{piece.parent}/{parent.relation.name}", self._options, token)


def _moment(text: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError as error:
        raise ForeignToken("it cannot be read", where="$skiptoken") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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
